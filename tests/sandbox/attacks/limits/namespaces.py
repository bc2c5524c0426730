"""Makes namespaces, in which it would be root."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="make any, by unshare or by clone",
    outside="the runner and the other run live",
    source="""
flags = (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x02000000, 0x04000000, 0x08000000)
for flag in flags:
    for combined in (flag, flag | 0x10000000):
        child = os.fork()
        if child == 0:
            with denied: call('unshare', combined); won(hex(combined))
            os._exit(0)
        os.waitpid(child, 0)
        with denied:
            child = call('clone', combined | signal.SIGCHLD, 0, 0, 0, 0)
            if child == 0: os._exit(0)
            won(('clone', hex(combined)))
            os.waitpid(child, 0)
""",
)
