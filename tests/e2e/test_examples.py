"""The examples of README.md and docs/api.md, run as they stand by a shell with curl, answer what the page says."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.client import PAGE_HEADERS

pytestmark = pytest.mark.skipif(not shutil.which("curl") and not os.environ.get("CI"), reason="curl is not installed")
ROOT = Path(__file__).parents[2]
_ADDRESS = "http://127.0.0.1:3000"
_END = "--- end of an example ---"
# Equal in every run; all others are compared by their types.
_FIXED = frozenset(
    {"status", "reason", "exit_code", "signal", "stdout", "stderr", "language", "source_code", "code", "title", "ping"}
)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A block for the shell, and the answer that follows it, if one does."""

    commands: str
    answer: Any = None


def read_examples(page: Path) -> list[Example]:
    blocks = re.findall(r"^```(sh|json)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    examples: list[Example] = []
    for kind, text in blocks:
        if kind == "sh":
            examples.append(Example(commands=text))
        else:
            examples[-1] = Example(commands=examples[-1].commands, answer=json.loads(text))
    return examples


def run_examples(examples: list[Example], base_url: str) -> list[str]:
    """Runs all of them in one shell, so that variables pass on; returns what each printed."""
    key = PAGE_HEADERS.get("x-api-key")
    curl = f'curl() {{ command curl -H "x-api-key: {key}" "$@"; }}\n' if key else ""
    script = "".join(f"{{\n{example.commands}\n}} 2>&1\necho; echo '{_END}'\n" for example in examples)
    done = subprocess.run(
        ["bash", "-c", curl + script.replace(_ADDRESS, base_url)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    *printed, rest = done.stdout.split(f"{_END}\n")
    assert (done.returncode, rest) == (0, "")
    return printed


def assert_alike(told: Any, answered: Any, place: str = "") -> None:
    """Whether an answer has the form that the page shows: the same fields, in objects at any depth."""
    if isinstance(told, dict) and place != ".sandbox_layers":
        assert list(told) == list(answered), place
        for name, value in told.items():
            if name in _FIXED:
                assert value == answered[name], f"{place}.{name}"
            assert_alike(value, answered[name], f"{place}.{name}")
    elif isinstance(told, list) and told and isinstance(told[0], dict):
        assert answered, place
        assert_alike(told[0], answered[0], f"{place}[0]")
    elif told is not None and answered is not None:
        assert type(told) is type(answered), place


def test_the_page_of_the_api(base_url: str) -> None:
    examples = read_examples(ROOT / "docs" / "api.md")
    answers = [example for example in examples if example.answer is not None]
    assert len(answers) > 10
    for example, printed in zip(examples, run_examples(examples, base_url), strict=True):
        if example.answer is not None:
            assert_alike(example.answer, json.loads(printed))


def test_the_readme(base_url: str) -> None:
    """Its ids are those of another run: each is replaced by the one that was answered."""
    create, run, read = read_examples(ROOT / "README.md")
    [created] = run_examples([create], base_url)
    assert_alike(create.answer, json.loads(created))
    session = Example(commands=run.commands.replace(create.answer["session_id"], json.loads(created)["session_id"]))
    [started] = run_examples([session], base_url)
    assert_alike(run.answer, json.loads(started))
    execution_id = json.loads(started)["execution_id"]
    commands = read.commands.replace(run.answer["execution_id"], execution_id)
    wait = f"until curl -s {_ADDRESS}/executions/{execution_id} | grep -q finished_at; do sleep 0.1; done\n"
    [ended] = run_examples([Example(commands=wait + commands)], base_url)
    assert_alike(read.answer, json.loads(ended))


def test_every_call_has_an_example(http: httpx.Client) -> None:
    text = "".join(example.commands for example in read_examples(ROOT / "docs" / "api.md")).replace("\\\n", " ")
    called = {
        (match[1] or "GET", re.sub(r"\$(SESSION|EXECUTION)|[0-9a-f]{8}-[0-9a-f-]{27}", "{}", match[2]).split("?")[0])
        for line in text.splitlines()
        if (match := re.search(r"curl\b(?:.*?-X (\w+))?.*?\$API(/[^\s\"|)]*)", line))
    }
    document = http.get("/openapi.json").json()
    calls = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, item in document["paths"].items() for method in item
    }
    assert called == calls


@pytest.mark.parametrize(
    ("told", "answered"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"status": "QUEUED"}, {"status": "RUNNING"}),
        ([{"a": 1}], []),
        ([{"a": {"b": 1}}], [{"a": {"b": None, "c": 1}}]),
    ],
)
def test_a_page_that_says_something_else_is_noticed(told: Any, answered: Any) -> None:
    with pytest.raises(AssertionError):
        assert_alike(told, answered)
