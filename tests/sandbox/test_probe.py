"""What the probe reports agrees with the layers that are on, with the machine, and with what a program can do."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livecode.domain import RunLimits
from livecode_runner.sandbox.starting.seccomp import _FORBIDDEN, _MISSING
from tests.sandbox.attacks.observer import landlock_abi
from tests.sandbox.conftest import SECRET, RunnerProcess

SOCKETS = ("inet", "inet_udp", "inet6", "netlink", "packet", "vsock")
# What this kernel may lack, or what only some of them have; everything else is observed wherever a runner runs.
MAY_FAIL = {
    ("kernel", "security_modules"),
    ("folders", "/dev/shm"),
    ("network", "interfaces"),
    ("network", "resolves_a_name"),
    ("processes", "proc_mount"),
    ("processes", "pid_1"),
    ("processes", "parent"),
}


@pytest.fixture(scope="module")
def runtime_api() -> Iterator[str]:
    """Where something listens, so that a connection is refused by nothing but the sandbox."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, Any]]:
    """By the way the runner is confined."""
    return {}


@pytest.fixture
def report(runner: RunnerProcess, runtime_api: str, reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if runner.mode not in reports:
        reports[runner.mode] = runner.probe(runtime_api=runtime_api)
    return reports[runner.mode]


def value(report: dict[str, Any], view: str, section: str, item: str) -> Any:
    finding = report[view][section][item]
    assert "error" not in finding, finding
    return finding["value"]


def test_observes_everything_twice(report: dict[str, Any], runner: RunnerProcess) -> None:
    assert report["version"] == 1
    assert report["layers"] == runner.layers
    assert report["missing_layers"] == []
    for view in ("runner", "program"):
        assert "error" not in report[view], report[view]
        failed = {
            (section, item)
            for section, items in report[view].items()
            for item, finding in items.items()
            if "error" in finding
        }
        assert failed <= MAY_FAIL, {name: report[view][name[0]][name[1]] for name in failed - MAY_FAIL}
    assert [list(report["runner"][section]) for section in report["runner"]] == [
        list(report["program"][section]) for section in report["program"]
    ]


def test_holds_nothing_that_is_secret(report: dict[str, Any], runner: RunnerProcess) -> None:
    assert SECRET not in json.dumps(report)
    assert SECRET in Path(f"/proc/{runner.pid}/environ").read_text()


def test_agrees_with_the_machine(report: dict[str, Any], runner: RunnerProcess) -> None:
    assert value(report, "runner", "kernel", "release") == os.uname().release
    assert value(report, "runner", "kernel", "landlock_abi") == max(landlock_abi(), 0)
    assert value(report, "runner", "identity", "uid") == [runner.uid]
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{runner.pid}/status").read_text().splitlines())
    mask = int(status["CapEff"], 16)
    effective = value(report, "runner", "identity", "capabilities")["effective"]
    assert effective == (f"{mask.bit_count()} ({mask:#x})" if mask else "none")
    assert value(report, "runner", "identity", "no_new_privs") == (status["NoNewPrivs"] == "1")
    assert value(report, "runner", "identity", "uid_map") == " ".join(Path("/proc/self/uid_map").read_text().split())
    # It can do what it is not kept from: the Runtime API answers the runner, as it must.
    assert value(report, "runner", "network", "runtime_api") == "yes"
    assert value(report, "runner", "folders", "/tmp")["writable"] == "yes"


def test_agrees_with_the_launcher(report: dict[str, Any], runner: RunnerProcess) -> None:
    assert runner.layers["launcher"]
    assert value(report, "program", "identity", "no_new_privs") is True
    assert value(report, "program", "identity", "capabilities")["effective"] == "none"
    assert value(report, "program", "identity", "descriptors") == [0, 1, 2]
    limits, resources = RunLimits(), value(report, "program", "limits", "resources")
    assert resources["fsize"] == str(limits.file_size_mib * 1024 * 1024)
    assert resources["stack"] == str(limits.stack_mib * 1024 * 1024)
    assert (resources["core"], resources["msgqueue"]) == ("0", "0")
    assert value(report, "program", "limits", "oom_score_adj") == 1000
    assert value(report, "program", "folders", "current_folder")["writable"] == "yes"


def test_agrees_with_seccomp(report: dict[str, Any], runner: RunnerProcess) -> None:
    assert runner.layers["seccomp"]
    filters = [value(report, view, "identity", "seccomp_filters") for view in ("runner", "program")]
    assert filters[1] == filters[0] + 1
    assert value(report, "program", "identity", "seccomp_mode") == "filter"
    assert set(value(report, "program", "attempts", "namespaces").values()) == {"EPERM"}
    assert set(value(report, "program", "attempts", "namespaces_with_user").values()) == {"EPERM"}
    calls = value(report, "program", "attempts", "system_calls")
    assert set(calls) == {"reachable", "EPERM", "ENOSYS"}
    assert not {*_MISSING, *_FORBIDDEN} & set(calls["reachable"])
    assert set(calls["ENOSYS"]) <= set(_MISSING)
    assert set(calls["EPERM"]) <= set(_FORBIDDEN)
    sockets = value(report, "program", "network", "sockets")
    assert {name: sockets[name] for name in SOCKETS} == dict.fromkeys(SOCKETS, "EACCES")
    assert value(report, "program", "network", "runtime_api") == "EACCES"
    assert value(report, "program", "network", "metadata_address") == "EACCES"


def test_agrees_with_what_keeps_processes_apart(report: dict[str, Any], runner: RunnerProcess) -> None:
    layers, program = runner.layers, report["program"]["processes"]
    uid = value(report, "program", "identity", "uid")
    assert (uid == [runner.uid]) == (not layers["separate_uid"])
    if layers["pid_namespace"] and layers["mount_namespace"]:
        assert program["visible"] == {"value": 0}
        assert "error" in program["pid_1"]
        assert "error" in program["parent"]
    else:
        assert program["visible"]["value"] > 0
        parent = value(report, "program", "processes", "parent")
        secrets = ("environ_readable", "maps_readable", "mem_opens", "fd_listed", "takes_our_signals")
        assert layers["dumpable"]
        assert {name: parent[name] for name in secrets} == dict.fromkeys(secrets, False)
    # Of the runner itself, no child without capabilities reads anything either.
    if runner.uid:
        assert value(report, "runner", "processes", "parent")["environ_readable"] is False


def test_agrees_with_landlock(report: dict[str, Any], runner: RunnerProcess) -> None:
    assert (value(report, "program", "folders", "/")["listable"] == "yes") == (not runner.layers["landlock"])


def test_agrees_on_temporary_folders(report: dict[str, Any], runner: RunnerProcess) -> None:
    """A test's runner is alone with its uid, so that they are open with Landlock as well."""
    assert runner.layers["clean_folders"]
    assert value(report, "program", "folders", "/tmp")["writable"] == "yes"


def test_says_which_mitigations_a_filter_switches_on(report: dict[str, Any]) -> None:
    """Which, depends on the kernel and the processor; that what they say fits together, does not."""
    flags = value(report, "runner", "seccomp", "flags")
    assert (flags["tsync"], flags["spec_allow"]) == ("known", "known")  # Linux 4.17
    for view in ("runner", "program"):
        found = {
            item: value(report, view, "seccomp", item)
            for item in ("speculation", "speculation_after_filter", "speculation_after_spec_allow")
        }
        # The flag's meaning (seccomp(2)): no mitigation is switched on.
        assert found["speculation_after_spec_allow"] == found["speculation"]
        for controls in found.values():
            assert ("speculation on" in controls["store_bypass"]) <= (
                "mitigated" not in controls["status_store_bypass"]
            )
    # The sandbox's own filter is loaded without the flag: what it switches on, a program has from the start.
    assert value(report, "program", "seccomp", "speculation") == value(
        report, "runner", "seccomp", "speculation_after_filter"
    )


def test_runs_go_on_as_before(runner: RunnerProcess) -> None:
    for _ in range(2):
        runner.probe()
        assert runner.run("python", "print(1)").stdout == "1\n"
