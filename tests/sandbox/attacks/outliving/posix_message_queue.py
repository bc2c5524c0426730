"""Leaves a POSIX message queue."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make one",
    outside="it cannot be opened by its name afterwards",
    source="""
with denied: resource.setrlimit(resource.RLIMIT_MSGQUEUE, (1 << 20, 1 << 20)); won('raised the limit')
with denied: won(call('mq_open', f'livecode-{token}'.encode(), os.O_CREAT | os.O_RDWR, 0o666, 0))
""",
)
