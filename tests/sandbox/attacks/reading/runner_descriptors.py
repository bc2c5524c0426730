"""Opens what a runner has open: its pipes, its sockets, its database connection."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to list or open the descriptors, the folders or the binary of a runner",
    outside="the runners live and answer, and their secrets are unread",
    source="""
for pid in runners:
    with denied: won(os.listdir(f'/proc/{pid}/fd'))
    for n in range(32):
        with denied: won(os.open(f'/proc/{pid}/fd/{n}', os.O_RDONLY | os.O_NONBLOCK))
    for link in ('cwd', 'root', 'exe'):
        with denied: won(os.readlink(f'/proc/{pid}/{link}'))
""",
)
