"""What the kernel tells of processes, and what it is asked for directly: /proc, prctl(2), kcmp(2), system call numbers.

`procfs` reads which processes there are; `tasks` tells threads that share memory or descriptors from those that do not;
`descriptors` lists what a process holds open; `quick_sample` keeps files of /proc open for the most frequent question.
A process may end at any moment, hide from us (non-dumpable), or change while it is read: every reader here says what it
returns then, and none raises for it.
"""
