"""Proves a fresh stack: runs one program in each language over HTTP, as any client would."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from livecode.domain import Status
from livecode.languages import LANGUAGES, Language
from livecode_local.errors import StackError

_POLL_SECONDS = 0.005
_LIMIT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class CheckedLanguage:
    """Times in ms: of the call that asked for the run, of the phases, and from that call to the result."""

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


async def check_languages(url: str) -> list[CheckedLanguage]:
    """Raises StackError for the first language that does not print what it should."""
    timeout = aiohttp.ClientTimeout(total=_LIMIT_SECONDS)
    async with aiohttp.ClientSession(base_url=f"{url}/", timeout=timeout) as http:
        try:
            return [await _check(http, language) for language in LANGUAGES.values()]
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StackError(f"The self-check failed: {error!r}.") from error


async def _check(http: aiohttp.ClientSession, language: Language) -> CheckedLanguage:
    source = {"language": language.name, "source_code": language.echo_source}
    session = (await _call(http, "POST", "/code-sessions", 201, source))["session_id"]
    started = time.perf_counter()
    execution = (await _call(http, "POST", f"/code-sessions/{session}/run", 202))["execution_id"]
    api_ms = (time.perf_counter() - started) * 1000
    while True:
        result = await _call(http, "GET", f"/executions/{execution}", 200)
        if Status(result["status"]).terminal:
            break
        if time.perf_counter() - started > _LIMIT_SECONDS:
            raise StackError(f"The self-check failed: {language.name} is still {result['status']}.")
        await asyncio.sleep(_POLL_SECONDS)
    end_to_end_ms = (time.perf_counter() - started) * 1000
    await _call(http, "DELETE", f"/code-sessions/{session}", 204)
    if result["status"] != Status.COMPLETED or result["stdout"] != f"hello from {language.name}\n":
        said = result.get("stderr") or result.get("compile_output") or result.get("stdout") or "no output"
        raise StackError(
            f"The self-check failed: {language.name} ended {result['status']} ({result.get('reason')}): "
            f"{str(said).strip().splitlines()[-1] if str(said).strip() else 'no output'}"
        )
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
    http: aiohttp.ClientSession, verb: str, path: str, expected: int, body: object = None
) -> dict[str, Any]:
    async with http.request(verb, path.lstrip("/"), json=body) as response:
        if response.status != expected:
            text = (await response.text())[:200]
            raise StackError(f"The self-check failed: {verb} {path} answered {response.status}: {text}")
        answer: dict[str, Any] = await response.json() if response.status != 204 else {}
        return answer
