"""What the sandbox knows of the processes of its own uid."""

import os
import threading

from livecode_runner.sandbox.processes import all_pids, read_stat, real_uid, survey_uid


def test_a_survey_names_all_that_a_signal_could_be_aimed_at():
    started, finish = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        finish.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    started.wait()
    survey = survey_uid(os.getuid())
    finish.set()
    thread.join()
    assert {os.getpid(), os.getpgid(0), os.getsid(0), thread.native_id} <= survey.ids
    assert survey.tasks >= 2


def test_reads_what_the_kernel_says_of_a_process():
    stat = read_stat(os.getpid())
    assert stat is not None
    assert (stat.parent, stat.group, stat.session) == (os.getppid(), os.getpgid(0), os.getsid(0))
    assert real_uid(os.getpid()) == os.getuid()
    assert os.getpid() in set(all_pids())


def test_a_process_that_is_gone_is_none():
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    assert (read_stat(pid), real_uid(pid)) == (None, None)
