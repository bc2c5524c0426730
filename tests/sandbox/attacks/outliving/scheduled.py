"""Asks the machine to run something later."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to write where cron, at, systemd or a shell would find it",
    outside="nothing of it is found",
    source="""
home = os.path.expanduser(f'~{os.getuid()}')
for folder in ('/var/spool/cron/crontabs', '/var/spool/cron', '/etc/cron.d', '/var/spool/at', '/etc/profile.d',
               '/etc/systemd/system', '/run', '/etc/init.d', '/usr/local/bin'):
    with denied: open(f'{folder}/livecode-{token}', 'x'); won(folder)
""",
)
