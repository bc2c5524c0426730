"""Watching a program while it runs: what it prints, and what it uses of memory, files, processes and sockets.

How it works. `supervisor` (one floor up) waits in one loop for output, for the program's end, and for the next look.
Every 10 to 20 ms, the oftener the nearer a limit, `watch` looks at what the kernel shows of the run's processes and
names the first limit that is exceeded. A program of one process costs two reads of files that are kept open
(`quick_sample`); only one with children, threads or much memory is looked at in full: shared pages count once
(`memory`), files that were deleted and are still held count too, and so do sockets, whoever of the run has them.

`streams` keeps a prefix of what is printed and throws the rest away; the pipes never decide when a run is over,
because a daemon can keep them open. Whatever a program does to what we look at is no failure of ours: what cannot be
counted is taken from the free space that is missing.
"""
