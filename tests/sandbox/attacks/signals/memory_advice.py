"""Moves, reclaims and advises the memory of runners."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="touch the memory of another process",
    outside="the runner, the victim and the other run live",
    source="""
for pid in runners:
    with denied: call('migrate_pages', pid, 64, struct.pack('Q', 1), struct.pack('Q', 1)); won('migrate_pages')
    with denied: call('move_pages', pid, 0, 0, 0, 0, 0); won('move_pages')
    with denied:
        handle = os.pidfd_open(pid)
        call('process_madvise', handle, struct.pack('QQ', 4096, 4096), 1, 20, 0); won('process_madvise')
    with denied: call('kcmp', os.getpid(), pid, 1, 0, 0); won('kcmp')
""",
)
