"""The launcher takes what it was made for, and refuses everything else before it makes a process."""

import os
import random
from pathlib import Path

import pytest

from livecode_runner.sandbox import SandboxFailed
from tests.sandbox.attacks.observer import namespaces_can_be_made
from tests.sandbox.conftest import IS_ROOT

GOOD = ["path=/usr/bin:/bin", "rlimit=4:0", "folder=/"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(GOOD, id="no command"),
        pytest.param([*GOOD, "--"], id="no command after --"),
        pytest.param([*GOOD, "--", ""], id="an empty command"),
        pytest.param([*GOOD, "true"], id="no --"),
        pytest.param([*GOOD, "-", "true"], id="half a --"),
        pytest.param([*GOOD, "probe", "more"], id="more after probe"),
        pytest.param(["colour=red", "--", "true"], id="an unknown name"),
        pytest.param(["rlimi=4:0", "--", "true"], id="a short name"),
        pytest.param(["rlimits=4:0", "--", "true"], id="a long name"),
        pytest.param(["=", "--", "true"], id="no name"),
        pytest.param(["", "--", "true"], id="an empty argument"),
        *(
            pytest.param([f"rlimit={value}", "--", "true"], id=f"rlimit={value}")
            for value in ("", ":", "4", "4:", ":4", "4:x", "x:4", "4:-1", "-1:4", "16:1", "4:0x10", "4: 1", "4:1:1",
                          "4294967300:0", "4:18446744073709551616", "4:" + "9" * 100_000)
        ),
        *(
            pytest.param([f"uid={value}", "--", "true"], id=f"uid={value}")
            for value in ("", "0", "-1", "x", "60100x", "2147483648", "4294967295", "4294967296",
                          "18446744073709551616")
        ),
        *(
            pytest.param([f"avoid={value}", "--", "true"], id=f"avoid={value}")
            for value in ("", ",", "1,", ",1", "1,,2", "x", "1,x", "-1", "2147483648", "18446744073709551616")
        ),
        *(
            pytest.param([f"namespace={value}", "--", "true"], id=f"namespace={value}")
            for value in ("", "user", "pids", "pid,mount", "1")
        ),
        *(
            pytest.param([f"shared_memory={value}", "--", "true"], id=f"shared_memory={value}")
            for value in ("", "-1", "1M", "18446744073709551616")
        ),
        pytest.param(["cgroup=", "--", "true"], id="an empty cgroup"),
        pytest.param(["folder=", "--", "true"], id="an empty folder"),
        pytest.param(["filter=", "--", "true"], id="an empty filter"),
        pytest.param(["read=", "--", "true"], id="an empty path"),
        *(
            pytest.param([*binds, "namespace=mount", "--", "true"], id=" ".join(binds))
            for binds in (["bind="], ["over="], ["bind=/tmp"], ["over=/tmp"], ["bind=/tmp", "over="],
                          ["over=/tmp", "bind=/tmp"], ["bind=/tmp", "bind=/tmp", "over=/tmp"],
                          ["bind=/tmp", "over=/tmp", "over=/tmp"])
        ),
        pytest.param(["bind=/tmp", "over=/var/tmp", "--", "true"], id="a bind that would be the machine's"),
        pytest.param(["bind=/tmp", "over=/var/tmp", "namespace=pid", "probe"], id="a bind without a mount namespace"),
    ],
)  # fmt: skip
def test_refuses(launch, arguments):
    with pytest.raises(SandboxFailed, match="arguments: Invalid argument"):
        launch(*arguments)


@pytest.mark.parametrize(
    ("arguments", "step"),
    [
        pytest.param(["folder=/nowhere"], "folder: No such file", id="a folder that is not there"),
        pytest.param(["folder=/" + "x" * 5000], "folder: File name too long", id="a long folder"),
        pytest.param(["filter=/" + "x" * 5000], "filter: File name too long", id="a long filter"),
        pytest.param(["read=/" + "x" * 5000], "landlock path: File name too long", id="a long path"),
        pytest.param(["path=/" + "x" * 5000], "exec: File name too long", id="a long PATH"),
        pytest.param(["cgroup=/nowhere"], "cgroup: No such file", id="a cgroup that is not there"),
        pytest.param(["cgroup=/" + "x" * 5000], "cgroup: File name too long", id="a long cgroup"),
        pytest.param(["path=::::::"], "exec: No such file", id="an empty PATH"),
    ],
)
def test_names_the_step_that_failed(launch, arguments, step):
    with pytest.raises(SandboxFailed, match=step):
        launch(*arguments, "--", "no-such-program")


def test_executes_with_every_kind_of_argument(launch):
    printed = launch(
        *GOOD, "rlimit=7:64", "avoid=1,2,3", f"avoid={os.getpid()}", "read=/", "device=/dev/null", "write=/nowhere",
        "--", "sh", "-c", "pwd; ulimit -n; echo $0 $1", "a", "--", "probe",
    )  # fmt: skip
    assert printed == b"/\n64\na --\n"


@pytest.mark.skipif(not IS_ROOT, reason="control groups are root's")
def test_makes_the_program_in_its_control_group(launch):
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    root = next((Path(place) for _, place, kind, *_ in mounts if kind == "cgroup2"), None)
    if root is None or not os.access(root / "cgroup.procs", os.W_OK):
        return  # a container: then the layer is off
    group = root / f"livecode-test-{os.getpid()}"
    group.mkdir()
    try:
        printed = launch(*GOOD, f"cgroup={group}", "--", "cat", "/proc/self/cgroup")
        assert f"0::/{group.name}" in printed.decode().splitlines()
    finally:
        group.rmdir()


@pytest.mark.skipif(not namespaces_can_be_made(), reason="mounts need a namespace, and that is root's")
def test_shows_one_folder_in_the_place_of_another(launch, tmp_path):
    """In the order of the arguments, and to nobody else."""
    for name in ("a", "a/inner", "b", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "b/file").touch()
    binds = [f"bind={tmp_path}/b", f"over={tmp_path}/a/inner", f"bind={tmp_path}/a", f"over={tmp_path}/c"]
    printed = launch("path=/usr/bin:/bin", "namespace=mount", *binds, "--", "find", f"{tmp_path}/c")
    assert printed.decode().splitlines() == [f"{tmp_path}/c{rest}" for rest in ("", "/inner", "/inner/file")]
    assert list((tmp_path / "c").iterdir()) == []


@pytest.mark.skipif(not namespaces_can_be_made(), reason="mounts need a namespace, and that is root's")
def test_names_the_place_that_it_could_not_cover(launch):
    with pytest.raises(SandboxFailed, match="/nowhere: No such file"):
        launch("namespace=mount", "bind=/tmp", "over=/nowhere", "--", "/bin/true")


def test_limits_are_never_raised(launch):
    assert launch(*GOOD, "rlimit=7:18446744073709551615", "--", "sh", "-c", "ulimit -Hn") != b"unlimited\n"


def test_survives_random_arguments(launch):
    chance = random.Random(1)
    pieces = [
        "rlimit",
        "uid",
        "avoid",
        "folder",
        "filter",
        "read",
        "--",
        "probe",
        "=",
        ":",
        ",",
        "0",
        "7",
        "9" * 30,
        "/",
        "é",
    ]
    for _ in range(150):
        arguments = ["".join(chance.choices(pieces, k=chance.randrange(1, 5))) for _ in range(chance.randrange(6))]
        with pytest.raises(SandboxFailed, match=r"arguments: Invalid|exec: |folder: |filter: |uid: |landlock "):
            launch(*arguments, "--", "no-such-program")
