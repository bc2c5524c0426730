"""Links files of others into its folder, to have them changed or kept."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="make a link to a file it may not write, nor have it harmed by the removal",
    outside="the files of the system and of the runner are as they were",
    source="""
for source in ('/etc/passwd', '/usr/bin/python3', '/proc/1/environ'):
    with denied: os.link(source, 'passwd', follow_symlinks=True); won(source)
os.link('main.py', 'again')
with denied: os.link(f'{outside}/secret', 'linked')
""",
)
