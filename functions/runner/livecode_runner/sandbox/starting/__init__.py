"""Starting a program: which layers hold it, what it may see, and the launcher that puts it behind them.

How it works. Once in a runner's life `probing` runs a probe behind the layers and finds which of them work together
here. For each phase `spawn` starts the launcher, a small static program in C (../launcher), with arguments that say
what to apply: limits, uid, namespaces, cgroup, Landlock rules, seccomp filter. The launcher makes the program as a
child of the runner, tells its pid through a status pipe, and ends; so the runner itself reaps and measures the
program. The status pipe closes when the program is executed, so that nothing is left on which it could forge a
result.

No layer needs privilege but those that `layers` marks as a run's own: uid, namespaces, cgroup. The program can gain
none (no_new_privs), inherits no descriptor but its three streams, and gets an environment that is ours and holds no
secret. Standard input is a pipe that has ended, output and error are one pipe each; they belong to the run's uid, so
that the program may open them by their names in /dev.
"""
