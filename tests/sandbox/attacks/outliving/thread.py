"""Ends its main thread and lives on in another."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be taken for ended, or live longer than its time",
    outside="the run is over at its time limit, and no process is left",
    ends=("TIMEOUT",),
    harmless=False,
    limits={"run_wall_time_seconds": 1},
    source="""
threading.Thread(target=lambda: time.sleep(600)).start()
print('end', flush=True)
libc.syscall(60 if os.uname().machine == 'x86_64' else 93, 0)
""",
)
