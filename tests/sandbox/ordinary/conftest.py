"""Runners for ordinary programs, under uids of their own: the limit of processes counts a whole uid."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sandbox.conftest import IS_ROOT, MODES, RunnerProcess


@pytest.fixture(scope="session")
def ordinary_runners(built_sandbox: None, toolchain_path: str) -> Iterator[Callable[[str], RunnerProcess]]:
    """One runner process a mode, started when first asked for."""
    started: dict[str, RunnerProcess] = {}

    def runner(mode: str) -> RunnerProcess:
        if mode not in started:
            root = tempfile.mkdtemp(prefix="livecode-runs-")
            Path(root).chmod(0o1777)
            own = IS_ROOT and not mode.startswith("own_uid")
            uid = 64100 + os.getpid() % 300 * 4 + list(MODES).index(mode) if own else None
            started[mode] = RunnerProcess(mode, toolchain_path, uid, root)
        return started[mode]

    yield runner
    for process in started.values():
        process.stop()
        shutil.rmtree(process.root)
