"""Tries a fresh stack: runs one program in each language over HTTP, as any client would."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from livecode.domain import Status
from livecode.languages import LANGUAGES, Language

_POLL_SECONDS = 0.005
_RETRY_SECONDS = 0.25
LIMIT_SECONDS = 60.0  # for all languages together


class SelfCheckFailed(Exception):
    """A language did not print what it should, or not in time; the text says what was seen instead."""


@dataclass(frozen=True, kw_only=True)
class CheckedLanguage:
    """What a run in one language took, in ms: the call that asked for it, the phases, and all until the result."""

    language: str
    status: str
    stdout: str
    api_ms: float
    compile_ms: int | None
    run_ms: int | None
    end_to_end_ms: float

    def row(self) -> str:
        compiled = f"{self.compile_ms} ms" if self.compile_ms is not None else "-"
        return (
            f"{self.language:<12} {self.status:<10} {self.stdout.strip():<24} api {self.api_ms:5.1f} ms   "
            f"compile {compiled:>7}   run {self.run_ms or 0:4d} ms   end to end {self.end_to_end_ms:6.1f} ms"
        )


async def check_languages(url: str, *, say: Callable[[str], None], limit_seconds: float = LIMIT_SECONDS) -> None:
    """Says a row for each language, or a warning: a check that fails, or waits behind a backlog, ends nothing."""
    check = _Check(deadline=time.monotonic() + limit_seconds)
    timeout = aiohttp.ClientTimeout(total=limit_seconds)
    async with aiohttp.ClientSession(base_url=f"{url}/", timeout=timeout) as http:
        for language in LANGUAGES.values():
            try:
                say((await check.run(http, language)).row())
            except (SelfCheckFailed, aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
                cause = str(error) if isinstance(error, SelfCheckFailed) else repr(error)
                say(f"WARNING: the self-check of {language.name} failed: {cause}. The service goes on.")


@dataclass(frozen=True, kw_only=True)
class _Check:
    deadline: float  # of time.monotonic()

    async def run(self, http: aiohttp.ClientSession, language: Language) -> CheckedLanguage:
        source = {"language": language.name, "source_code": language.echo_source}
        session = (await self._call(http, "POST", "/code-sessions", 201, source))["session_id"]
        try:
            return await self._run(http, language, session)
        finally:
            # With the session goes its run, also one that still waits.
            with contextlib.suppress(SelfCheckFailed, aiohttp.ClientError, TimeoutError, ValueError):
                await self._call(http, "DELETE", f"/code-sessions/{session}", 204)

    async def _run(self, http: aiohttp.ClientSession, language: Language, session: str) -> CheckedLanguage:
        started = time.perf_counter()
        execution = (await self._call(http, "POST", f"/code-sessions/{session}/run", 202))["execution_id"]
        api_ms = (time.perf_counter() - started) * 1000
        while True:
            result = await self._call(http, "GET", f"/executions/{execution}", 200)
            if Status(result["status"]).terminal:
                break
            if time.monotonic() > self.deadline:
                raise SelfCheckFailed(f"its run is still {result['status']}")
            await asyncio.sleep(_POLL_SECONDS)
        end_to_end_ms = (time.perf_counter() - started) * 1000
        if result["status"] != Status.COMPLETED or result["stdout"] != f"hello from {language.name}\n":
            said = str(result.get("stderr") or result.get("compile_output") or result.get("stdout") or "").strip()
            last = said.splitlines()[-1] if said else "no output"
            raise SelfCheckFailed(f"it ended {result['status']} ({result.get('reason')}): {last}")
        return CheckedLanguage(
            language=language.name,
            status=result["status"],
            stdout=result["stdout"],
            api_ms=api_ms,
            compile_ms=result.get("compile_time_ms"),
            run_ms=result.get("execution_time_ms"),
            end_to_end_ms=end_to_end_ms,
        )

    async def _call(
        self, http: aiohttp.ClientSession, verb: str, path: str, expected: int, body: object = None
    ) -> dict[str, Any]:
        """Makes one call; a 5xx may pass, so it is tried again while there is time."""
        while True:
            async with http.request(verb, path.lstrip("/"), json=body) as response:
                if response.status == expected:
                    answer: dict[str, Any] = await response.json() if response.status != 204 else {}
                    return answer
                text = (await response.text())[:200]
            if response.status < 500 or time.monotonic() + _RETRY_SECONDS > self.deadline:
                raise SelfCheckFailed(f"{verb} {path} answered {response.status}: {text}")
            await asyncio.sleep(_RETRY_SECONDS)
