"""Takes back the privileges that the launcher dropped."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="become another user, or get a capability",
    outside="the next run prints 1",
    source="""
for take in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0])):
    with denied: take(); won(take)
header, everything = struct.pack('II', 0x20080522, 0), struct.pack('IIIIII', *[0xffffffff] * 6)
with denied: call(126 if os.uname().machine == 'x86_64' else 91, header, everything); won('capset')
for option, value in ((38, 0), (47, 2), (28, 0)):
    if libc.prctl(option, value, 21, 0, 0) == 0: won(('prctl', option))
for line in open('/proc/self/status'):
    if line.startswith(('CapEff', 'CapPrm', 'CapAmb')) and int(line.split()[1], 16): won(line)
""",
)
