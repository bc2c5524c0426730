"""Leaves POSIX shared memory with a message for the next run."""

import os
from dataclasses import replace

from tests.sandbox.attacks.attack import OTHERS_OF_OUR_UID, Attack

ATTACK = Attack(
    must_not="find it again in a later run",
    outside="nothing that bears its name, or is of its user, is in /dev/shm",
    weaker=replace(OTHERS_OF_OUR_UID, where=lambda: os.access("/dev/shm", os.W_OK)),
    source="""
with denied: open(f'/dev/shm/livecode-{token}', 'w').write('hello')
with denied: os.mkdir(f'/dev/shm/livecode-{token}-folder')
""",
)
