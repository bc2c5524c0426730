"""Runs programs that make their caller root."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="become another user, whatever it executes",
    outside="nothing that only root can do is in the output",
    source="""
if 'NoNewPrivs:' + chr(9) + '1' not in open('/proc/self/status').read(): won('may gain privileges')
for command in (['sudo', '-n', 'id', '-u'], ['su', '-c', 'id -u'], ['pkexec', 'id', '-u'], ['mount'], ['newgrp']):
    with denied:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with denied: status = open(f'/proc/{child.pid}/status').read()
        for line in status.splitlines():
            if line.startswith('Uid:') and '0' in line.split()[1:]: won(line)
        printed = child.communicate()[0]
        if printed.strip() == b'0': won(command)
os.close(os.open('tool', os.O_CREAT | os.O_WRONLY, 0o755))
with denied: os.chmod('tool', 0o6755); os.chown('tool', 0, 0); won('made a setuid file of root')
""",
)
