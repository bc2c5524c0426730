"""The private Postgres: made once, kept, recovered, never root's."""

import asyncio
import os
import shutil
import signal
import stat
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pg8000.native
import pytest

from livecode_embedded.errors import StackError
from livecode_embedded.postgres import Postgres
from livecode_embedded.postgres_binaries import system_postgres, wheel_postgres
from livecode_embedded.state import open_state_folder, remove_state_folder
from tests.toolchain import TOOLCHAIN, link_toolchain

from .conftest import DEADLINE_SECONDS, eventually, run

if not system_postgres() and not wheel_postgres(TOOLCHAIN) and not os.environ.get("CI"):
    pytest.skip("there is no Postgres on this machine", allow_module_level=True)


@pytest.fixture
def reachable_state():
    """Not pytest's own folder, which is closed to other users: as root, Postgres runs under another uid."""
    folder = Path(tempfile.mkdtemp(prefix="livecode-test-"))
    folder.chmod(0o755)
    state = open_state_folder(folder / "state")
    link_toolchain(state)
    yield state
    shutil.rmtree(folder)


def query(url, text):
    parts = urlsplit(url)
    connection = pg8000.native.Connection(
        parts.username, parts.hostname, parts.path[1:], parts.port, parts.password, timeout=5
    )
    try:
        return connection.run(text)
    finally:
        connection.close()


def test_keeps_its_data_over_a_stop_and_over_a_kill(reachable_state):
    async def test():
        first = Postgres(reachable_state, log=lambda text: None)
        await first.start()
        await asyncio.to_thread(query, first.url, "CREATE TABLE kept AS SELECT 1 AS n")
        await first.stop()
        second = Postgres(reachable_state, log=lambda text: None)
        await second.start()
        assert second.url.rsplit(":", 1)[0] == first.url.rsplit(":", 1)[0]
        await asyncio.to_thread(query, second.url, "INSERT INTO kept VALUES (2)")
        assert second._supervisor
        assert second._process
        second._supervisor.cancel()
        second._process.kill()
        third = Postgres(reachable_state, log=lambda text: None)
        await third.start()
        assert await asyncio.to_thread(query, third.url, "SELECT n FROM kept ORDER BY n") == [[1], [2]]
        await third.stop()
        second._process.wait()

    run(test())


def test_is_started_again_when_it_ends(reachable_state):
    async def test():
        said: list[str] = []
        postgres = Postgres(reachable_state, log=said.append)
        await postgres.start()
        ended = postgres.pid
        assert ended
        os.kill(ended, signal.SIGQUIT)

        def answers():
            try:
                return postgres.pid != ended and query(postgres.url, "SELECT 1") == [[1]]
            except (pg8000.native.InterfaceError, pg8000.native.DatabaseError):
                return False

        await eventually(lambda: asyncio.to_thread(answers))
        assert said
        await postgres.stop()

    run(test())


def test_is_tried_again_until_it_can_start(reachable_state):
    data = reachable_state / "postgres" / "data"
    away = data.with_name("away")

    async def test():
        said: list[str] = []
        restarted = asyncio.Event()
        postgres = Postgres(reachable_state, log=said.append, on_restart=restarted.set)
        await postgres.start()
        assert postgres.pid
        data.rename(away)
        os.kill(postgres.pid, signal.SIGKILL)
        await eventually(lambda: any("it is tried again" in line for line in said))
        assert not restarted.is_set()
        away.rename(data)
        await asyncio.wait_for(restarted.wait(), DEADLINE_SECONDS)
        assert await asyncio.to_thread(query, postgres.url, "SELECT 1") == [[1]]
        await postgres.stop()

    run(test())


def test_is_not_roots_and_wants_a_password(reachable_state):
    async def test():
        postgres = Postgres(reachable_state, log=lambda text: None)
        await postgres.start()
        assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0
        assert stat.S_IMODE((reachable_state / "postgres.json").stat().st_mode) == 0o600
        parts = urlsplit(postgres.url)
        wrong = postgres.url.replace(str(parts.password), "wrong")
        with pytest.raises(pg8000.native.DatabaseError, match="password authentication failed"):
            await asyncio.to_thread(query, wrong, "SELECT 1")
        await postgres.stop()

    run(test())


def test_says_why_it_does_not_start(reachable_state):
    async def test():
        postgres = Postgres(reachable_state, log=lambda text: None)
        await postgres.start()
        await postgres.stop()
        (reachable_state / "postgres" / "data" / "global" / "pg_control").unlink()
        with pytest.raises(StackError, match=r"Postgres does not start: .*pg_control"):
            await postgres.start()

    run(test())


def test_says_that_the_data_is_another_versions(reachable_state):
    data = reachable_state / "postgres" / "data"
    data.mkdir(parents=True)
    (reachable_state / "postgres.json").write_text('{"password": "x", "port": 1}')
    (data / "PG_VERSION").write_text("9")
    postgres = Postgres(reachable_state, log=lambda text: None)
    with pytest.raises(StackError, match="was made by Postgres 9, which is gone"):
        run(postgres.start())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's Postgres has another uid")
def test_a_state_folder_that_others_cannot_reach_lies_elsewhere():
    closed = Path(tempfile.mkdtemp(prefix="livecode-test-"))
    try:
        link = closed / "state"
        real = open_state_folder(link)
        assert link.is_symlink()
        assert real.parent == Path("/var/lib")
        assert open_state_folder(link) == real
        remove_state_folder(link)
        assert not real.exists()
        assert not link.is_symlink()
    finally:
        shutil.rmtree(closed)
