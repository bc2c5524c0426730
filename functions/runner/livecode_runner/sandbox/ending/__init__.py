"""Ending a program and clearing up after it: no process, file or kernel object of a run is there for the next.

How it works. The end of the main process ends the run. Its group is killed while its zombie still holds the group's
number; then it is reaped, and `process_tree` kills and reaps what is left until nothing is. The runner is a subreaper:
whatever loses its parent becomes its child and is found there. In a PID namespace the namespace's init adopts instead,
and the kernel ends all in it together with init, also if it is the runner that dies.

The run's own folder goes with all that is in it (../folders). `leftovers` removes what the run put into folders that
everybody may write to: by its uid where no other run has it, else by what is new. What survives SIGKILL or cannot be
removed makes the environment unusable (SandboxBroken): its process ends, so that another takes its place.
"""
