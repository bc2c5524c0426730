"""Calls what is rarely tested in the kernel, or newer than our filter."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="reach any of it",
    outside="the runner lives",
    source="""
for name in ('bpf', 'perf_event_open', 'add_key', 'request_key', 'open_by_handle_at', 'name_to_handle_at',
             'fanotify_init', 'quotactl', 'acct', 'kexec_load', 'init_module', 'finit_module', 'modify_ldt',
             'iopl', 'ioperm', 'userfaultfd', 'settimeofday', 'adjtimex'):
    if SYS[name] is None: continue
    try: call(name, 0, 0, 0, 0, 0); won(name)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOSYS): won((name, error.errno))
for number in range(457, 480):
    try: call(number, 0, 0, 0, 0, 0); won(number)
    except OSError as error:
        if error.errno != errno.ENOSYS: won((number, error.errno))
""",
)
