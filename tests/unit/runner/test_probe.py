"""The probe: which event asks for one, and that whatever fails in it fails by itself."""

import json
import sys
import time
from typing import Any

import pytest

from livecode import messages
from livecode.errors import PoisonMessage, UnknownMessageVersion
from livecode_runner.probe import Finding, ProbeReport, View, is_probe, probe_environment
from livecode_runner.probe.event import why_refused
from livecode_runner.probe.observers import calls, run, speculation
from livecode_runner.probe.report import read_view
from livecode_runner.probe.views import view_beside_the_runner, zipped_observers
from tests.unit.deployed import Deployed

PROBE: dict[str, Any] = {"probe": {"version": 1}}


def test_knows_its_event() -> None:
    assert is_probe(PROBE)
    assert why_refused(PROBE) is None


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"Records": []},
        {"Records": [{"body": json.dumps(PROBE)}]},
        {"Records": [], **PROBE},
        {"Records": None, **PROBE},
        {"records": [{"probe": 1}]},
    ],
)
def test_an_event_with_records_is_never_a_probe(event: dict[str, Any]) -> None:
    assert not is_probe(event)


@pytest.mark.parametrize(
    "event",
    [
        {"probe": None},
        {"probe": {}},
        {"probe": {"version": 2}},
        {"probe": {"version": 1, "run": "id"}},
        {**PROBE, "x": 1},
    ],
)
def test_refuses_a_probe_that_it_does_not_know(event: dict[str, Any]) -> None:
    assert is_probe(event)
    # Refused before anything is looked at: there is no sandbox here.
    answer = probe_environment(event, None, None, runtime_api="", missing=()).as_json()  # type: ignore[arg-type]
    assert answer == {"version": 1, "error": why_refused(event)}


@pytest.mark.parametrize("body", [PROBE, {**PROBE, "version": 1}, {**PROBE, "execution_id": "x", "version": 1}])
def test_the_same_content_in_a_message_is_poison(body: dict[str, Any]) -> None:
    with pytest.raises(PoisonMessage):
        messages.decode(json.dumps(body))


def test_a_message_of_a_newer_version_stays_one_with_a_probe_in_it() -> None:
    with pytest.raises(UnknownMessageVersion):
        messages.decode(json.dumps({**PROBE, "version": 2}))


def raise_our_own() -> None:
    raise calls.NotObserved("there is none")


def raise_with_a_secret() -> None:
    raise ValueError("a secret")


def refuse() -> None:
    raise PermissionError(13, "a secret", "/a/secret/path")


def observed(capsys: pytest.CaptureFixture[str], **observers: calls.Observer) -> View:
    run.observe({"some": observers})
    return read_view(capsys.readouterr().out.encode(), None)


def test_each_observation_fails_by_itself_and_keeps_foreign_text(capsys: pytest.CaptureFixture[str]) -> None:
    view = observed(capsys, first=lambda: 1, own=raise_our_own, alien=raise_with_a_secret, no=refuse, last=lambda: [2])
    assert view == View(
        findings={
            "some": {
                "first": Finding(value=1),
                "own": Finding(error="there is none"),
                "alien": Finding(error="ValueError"),
                "no": Finding(error="EACCES (Permission denied)"),
                "last": Finding(value=[2]),
            }
        }
    )


def test_an_observation_that_hangs_ends(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ATTEMPT_SECONDS", 0)  # and one more
    view = observed(capsys, hangs=lambda: time.sleep(60), next=lambda: True)
    assert view.findings["some"] == {"hangs": Finding(error="it took too long"), "next": Finding(value=True)}


def in_process(program: str) -> list[str]:
    """A child of the test's would be measured by coverage, and pytest's threads must not be forked."""
    setup = "from livecode_runner.probe.observers.calls import *; import os, signal, time\n"
    return [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{setup}{program}"]


def printing(**observers: str) -> list[str]:
    table = ", ".join(f"{name!r}: lambda: {code}" for name, code in observers.items())
    return in_process(f"from livecode_runner.probe.observers.run import observe\nobserve({{'some': {{{table}}}}})")


def test_an_attempt_in_a_child_cannot_hurt_who_makes_it() -> None:
    view = view_beside_the_runner(
        printing(
            value="in_child(lambda: 7)",
            error="in_child(lambda: check(-1))",
            killed="in_child(lambda: os.kill(os.getpid(), signal.SIGSYS))",
            after="os.getpid() > 0",
        )
    )
    assert view.error is None
    assert view.findings["some"]["value"] == Finding(value=7)
    assert view.findings["some"]["error"].error is not None
    assert view.findings["some"]["killed"] == Finding(error="killed by SIGSYS")
    assert view.findings["some"]["after"] == Finding(value=True)


def test_a_view_that_is_ended_keeps_what_is_there_by_then() -> None:
    started = time.monotonic()
    forever = "[signal.alarm(0), time.sleep(600)]"
    view = view_beside_the_runner(printing(first="1", hangs=forever, never="3"), wall_time_seconds=3)
    assert time.monotonic() - started < 60
    assert view.error == "it was ended after 3 s"
    assert view.findings["some"] == {
        "first": Finding(value=1),
        "hangs": Finding(error=view.error),
        "never": Finding(error=view.error),
    }


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (["/nowhere/python"], "it could not be started: No such file or directory"),
        ([sys.executable, "-c", "import sys; sys.exit(3)"], "it ended with 3"),
        ([sys.executable, "-c", "pass"], "nothing was printed"),
        ([sys.executable, "-c", "print('[not ours')"], "what was printed is not whole"),
    ],
)
def test_a_view_says_why_it_has_none(command: list[str], error: str) -> None:
    assert view_beside_the_runner(command) == View(error=error)


def test_what_is_cut_off_in_the_middle_is_missing_and_said_so() -> None:
    printed = (
        b'{"expected": [["some", "first"], ["some", "last"]]}\n{"section": "some", "item": "first", "value": 1}\n{"sec'
    )
    view = read_view(printed, None)
    assert view.error == "what was printed is not whole"
    assert view.findings["some"] == {"first": Finding(value=1), "last": Finding(error="nothing was printed")}


def test_the_report_says_what_it_has_and_why_not() -> None:
    report = ProbeReport(
        layers={"launcher": True},
        missing=("moat",),
        runner=View(findings={"some": {"first": Finding(value=None), "last": Finding(error="EPERM")}}),
        program=View(error="the launcher failed"),
        duration_ms=5,
    )
    assert report.as_json() == {
        "version": 1,
        "layers": {"launcher": True},
        "missing_layers": ["moat"],
        "runner": {"some": {"first": {"value": None}, "last": {"error": "EPERM"}}},
        "program": {"error": "the launcher failed"},
        "duration_ms": 5,
    }


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        (0, "not affected"),
        (0b00010, "speculation on, fixed"),
        (0b00011, "speculation on, may be changed"),
        (0b00101, "speculation off, may be changed"),
        (0b01001, "speculation off for good, may be changed"),
        (0b10001, "speculation off until execve, may be changed"),
    ],
)
def test_says_in_words_what_the_kernel_says_of_speculation(bits: int, state: str) -> None:
    """The bits of PR_GET_SPECULATION_CTRL: prctl(2)."""
    assert speculation._state(bits) == state


def test_the_observers_fit_into_one_small_file() -> None:
    assert len(zipped_observers()) < 100_000


def test_the_template_lets_nobody_new_ask_for_one() -> None:
    """Whoever may invoke any function of the account may; no role and no permission of the stack's names the runner."""
    stack = Deployed()
    for permission in stack.each_of_type("AWS::Lambda::Permission").values():
        assert "RunnerFunction" not in json.dumps(permission["FunctionName"])
    for role in stack.each_of_type("AWS::IAM::Role").values():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                if "lambda:Invoke" in json.dumps(statement) and statement["Effect"] == "Allow":
                    assert "RunnerFunction" not in json.dumps(statement["Resource"])
