"""Looks for the machine's own /tmp behind the run's, and for what others have in either."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="uncover it, or reach the folder of runs by another way",
    outside="the other run's files are unchanged",
    weaker=Weaker(unless=("landlock", "separate_uid"), why="the folder of runs belongs to the shared uid"),
    source="""
def look(place, name=''):
    with denied: won((place, name, os.listdir(place + base), os.listdir(place + other_run)))
for folder in (b'/tmp', b'/var/tmp'):
    for flags in (0, 1, 2, 8):  # MNT_FORCE, MNT_DETACH, UMOUNT_NOFOLLOW
        with denied: call('umount2', folder, flags); won('unmounted')
    with denied: call('mount', b'/proc/1/root/tmp', folder, 0, 4096, 0); won('mounted')
    with denied: os.rename(folder, folder + b'-moved'); won('moved')
for place in ('', *glob.glob('/proc/[0-9]*/root'), *glob.glob('/proc/[0-9]*/task/*/root')):
    look(place)
look('/proc/self/cwd' + '/..' * 9)
with denied:
    descriptor = os.open('.', os.O_PATH)
    for n in range(1, 9):
        look(f'/proc/self/fd/{descriptor}' + '/..' * n)
for name in glob.glob('/proc/[0-9]*/fd/*') + glob.glob('/proc/[0-9]*/cwd'):
    with denied: look(os.readlink(name)); look(name + '/..' * 9)
""",
)
