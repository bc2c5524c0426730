"""The documentation page in a real browser: it shows every call, and asks no other host for anything."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.client import PAGE_HEADERS

_OPERATIONS = (
    "Create a code session",
    "Autosave: change source or language",
    "Run the session's program",
    "Read an execution",
    "List the languages, their versions and limits",
    "Whether the queue answers, and what is in it",
)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing; install Debian's package of that name")
        pytest.skip("chromium is not installed")
    return found


@pytest.mark.parametrize("url", ["base_url", "staged_url"], ids=["at the root", "under the stage prefix"])
def test_a_browser_shows_every_call_without_another_host(
    chromium: str, tmp_path: Path, request: pytest.FixtureRequest, url: str
) -> None:
    base = str(request.getfixturevalue(url))
    log = tmp_path / "net.json"
    dumped = subprocess.run(
        [
            *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}"),
            *("--virtual-time-budget=20000", "--dump-dom", f"{base}/docs"),
        ],
        env={**os.environ, "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=True,
    )
    page = dumped.stdout.decode()
    for operation in _OPERATIONS:
        assert operation in page, page[-3000:]
    assert page.count('class="opblock ') >= 15
    assert "Failed to load API definition" not in page
    asked = _asked_by_the_page(log, base)
    assert {urlsplit(each).path.removeprefix(urlsplit(base).path) for each in asked} >= {
        "/docs/swagger-ui-bundle.min.js",
        "/docs/swagger-ui.min.css",
        "/openapi.json",
    }
    assert {urlsplit(each).netloc for each in asked} == {urlsplit(base).netloc}


def _asked_by_the_page(log: Path, base: str) -> set[str]:
    """The addresses of requests that the page itself made; the browser's own business is not ours."""
    net_log = json.loads(log.read_text())
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(base))
    asked = set()
    for event in net_log["events"]:
        parameters = event.get("params", {})
        address = str(parameters.get("url", ""))
        if parameters.get("initiator") == origin and address.startswith("http"):
            asked.add(address)
    return asked


def test_the_page_names_no_other_host(http: httpx.Client) -> None:
    answer = http.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "http:" not in answer.text
    assert "https:" not in answer.text
    assert "//" not in answer.text.replace("<!--", "")


@pytest.mark.parametrize("url", ["base_url", "staged_url"], ids=["at the root", "under the stage prefix"])
@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_a_slash_too_many_leads_to_the_page_itself(request: pytest.FixtureRequest, url: str, path: str) -> None:
    base = str(request.getfixturevalue(url))
    answer = httpx.get(f"{base}{path}/", headers=PAGE_HEADERS, follow_redirects=True, timeout=30)
    assert (answer.status_code, str(answer.url)) == (200, f"{base}{path}")


@pytest.mark.parametrize(
    ("asset", "content_type"),
    [("swagger-ui-bundle.min.js", "text/javascript"), ("swagger-ui.min.css", "text/css")],
)
def test_serves_the_assets_of_the_page(http: httpx.Client, asset: str, content_type: str) -> None:
    answer = http.get(f"/docs/{asset}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(content_type)
    assert len(answer.content) > 10_000


@pytest.mark.parametrize(
    "asset",
    [
        *("handler.py", "swagger-ui.css", "index.html"),
        pytest.param("..%2Fconfig.py", marks=pytest.mark.needs("raw paths")),
    ],
)
def test_serves_no_other_file(http: httpx.Client, asset: str) -> None:
    answer = http.get(f"/docs/{asset}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "NOT_FOUND"
