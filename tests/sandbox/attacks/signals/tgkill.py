"""Signals the threads of a runner, whose numbers are not the runner's."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="reach a thread of another process",
    outside="the runner, the victim and the other run live",
    source="""
for pid in targets:
    threads = [pid]
    with denied: threads += map(int, os.listdir(f'/proc/{pid}/task'))
    for thread in threads:
        with denied: call('tgkill', pid, thread, 9); won(('tgkill', thread))
        with denied: call('tkill', thread, 9); won(('tkill', thread))
        with denied: call('tgkill', os.getpid(), thread, 9); won(('as its own', thread))
        with denied: os.kill(thread, 9); won(('kill', thread))
""",
)
