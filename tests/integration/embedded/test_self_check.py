"""The self-check against a service that is busy, fails for a moment, or is broken: it warns, and raises nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from livecode.languages import LANGUAGES
from livecode_embedded.http_server import HttpServer
from livecode_embedded.self_check import check_languages

from .conftest import run


class Service:
    """Answers as the API does; `run_status` is what each run has come to, `failures_left` how many calls still fail."""

    def __init__(self, *, run_status: str = "COMPLETED", failures_left: int = 0) -> None:
        self.run_status = run_status
        self.failures_left = failures_left
        self.sessions: dict[str, str] = {}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.failures_left:
            self.failures_left -= 1
            return web.json_response({"code": "QUEUE_UNAVAILABLE"}, status=503)
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["code-sessions"]:
                language = (await request.json())["language"]
                self.sessions[language.replace("+", "p")] = language
                return web.json_response({"session_id": language.replace("+", "p")}, status=201)
            case "POST", ["code-sessions", session, "run"]:
                return web.json_response({"execution_id": session}, status=202)
            case "GET", ["executions", session]:
                return web.json_response(
                    {"status": self.run_status, "stdout": f"hello from {self.sessions[session]}\n", "stderr": "a\nb\n"}
                )
            case "DELETE", ["code-sessions", session]:
                del self.sessions[session]
                return web.Response(status=204)
        return web.json_response({}, status=404)


@pytest.fixture
def check() -> Callable[..., list[str]]:
    def check(service: Service, **settings: Any) -> list[str]:
        said: list[str] = []

        async def main() -> None:
            server = HttpServer(service.answer)
            await server.start(0)
            await check_languages(f"http://127.0.0.1:{server.port}", say=said.append, **settings)
            await server.close()

        run(main())
        return said

    return check


def test_shows_a_row_for_each_language(check):
    said = check(Service())
    assert [line.split()[:2] for line in said] == [[name, "COMPLETED"] for name in LANGUAGES]


def test_tries_again_after_a_failure_that_passes(check):
    said = check(Service(failures_left=1))
    assert len(said) == len(LANGUAGES)
    assert not any("WARNING" in line for line in said)


@pytest.mark.parametrize(
    ("service", "words"),
    [
        pytest.param(Service(run_status="QUEUED"), "its run is still QUEUED", id="waits behind a backlog"),
        pytest.param(Service(run_status="FAILED"), "it ended FAILED (None): b", id="a language is broken"),
        pytest.param(Service(failures_left=10**9), "answered 503", id="never answers"),
    ],
)
def test_warns_of_each_language_and_leaves_nothing_behind(check, service, words):
    said = check(service, limit_seconds=0.4)
    assert len(said) == len(LANGUAGES)
    assert all(line.startswith("WARNING: the self-check of ") and words in line for line in said)
    assert service.sessions == {}


def test_warns_when_nobody_answers_at_all(check):
    said: list[str] = []
    run(check_languages("http://127.0.0.1:1", say=said.append, limit_seconds=1))
    assert len(said) == len(LANGUAGES)
