"""The folders of runs, from made to removed, whatever strangers did to them meanwhile.

How it works. The runner has one base folder in /tmp, and below it a fresh folder for each run, locked while it is in
use (`run_folders`): so what a killed runner left is told from what is in use, and removed. A program with the
runner's uid can remove, rename or replace the base folder itself; `own_folder` keeps it open, puts it right before
each run, and makes it anew when it is gone. `strays` counts what such a program puts beside its own folder.

Trees are measured and removed by open folders and names, never by paths, and no link is followed (`entries`): no name
leads out of a tree. `measuring` counts an inode once, however many names it has and however deep they are; `removing`
flattens what is too deep and takes back rights that were taken away. `attributes` restores modes, flags and ACLs.
"""
