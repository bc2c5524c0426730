"""Reads what only root may: password hashes, root's files, the kernel's log and memory."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to read any of it",
    outside="nothing of it is in what was printed",
    source="""
for path in ('/etc/shadow', '/etc/gshadow', '/proc/kcore', '/proc/kmsg', '/dev/mem', '/dev/kmsg', '/dev/port'):
    with denied: won(open(path, 'rb', buffering=0).read(1))
for folder in ('/root', '/etc/ssl/private'):
    with denied: won(os.listdir(folder))
with denied: call('syslog', 3, ctypes.create_string_buffer(100), 100); won('syslog')
with denied: call('keyctl', 0, -3, 0); won('keyctl')
""",
)
