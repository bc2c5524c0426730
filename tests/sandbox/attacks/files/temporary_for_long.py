"""Leaves files in /var/tmp, which survives a restart."""

import os
from dataclasses import replace

from tests.sandbox.attacks.attack import OTHERS_OF_OUR_UID, Attack

ATTACK = Attack(
    must_not="find them again in a later run",
    outside="nothing that bears its name, or is of its user, is there",
    weaker=replace(OTHERS_OF_OUR_UID, where=lambda: os.access("/var/tmp", os.W_OK)),
    source="""
with denied: os.makedirs(f'/var/tmp/livecode-{token}/a/b/c')
with denied: os.chmod(f'/var/tmp/livecode-{token}', 0)
with denied: open(f'/var/tmp/.livecode-{token}', 'w').write('x')
""",
)
