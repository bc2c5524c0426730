"""Opens more sockets than a run may, most of them in the queues of others."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="hold more sockets than the limit",
    outside="it is killed, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    source="""
kept = [socket.socketpair() for n in range(10)]
for ours, theirs in kept:
    for n in range(20):
        pair = socket.socketpair(); socket.send_fds(ours, [b'x'], [each.fileno() for each in pair])
        for each in pair: each.close()
time.sleep(10)
won('it was let')
""",
)
