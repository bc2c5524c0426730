"""The image as it is shipped: small, without privilege and what built it, never with a language that is broken."""

from pathlib import Path

import pytest

from livecode.languages import LANGUAGES
from livecode_docker.engine import DockerEngine
from livecode_docker.images import RUNNER_IMAGE, image_size_bytes

MAXIMUM_COMPRESSED_BYTES = 300 * 1000 * 1000
# Of each language, something that its program needs.
NEEDED = {"python": "/usr/bin/python3", "javascript": "/usr/local/bin/node", "c++": "/usr/bin/g++"}


def run(docker: DockerEngine, *command: str, options: tuple[str, ...] = ()) -> tuple[int, str]:
    shown = ["--rm", "--network=none", "--read-only", "--tmpfs=/tmp:exec", "--cap-drop=ALL", "--ipc=none", *options]
    done = docker.docker("run", *shown, f"--entrypoint={command[0]}", RUNNER_IMAGE, *command[1:], check=False)
    return done.returncode, done.stdout + done.stderr


def test_is_small(docker: DockerEngine, figures: list[str]) -> None:
    unpacked, compressed = image_size_bytes(docker)
    figures.append(f"size: {compressed / 1e6:.0f} MB compressed, {unpacked / 1e6:.0f} MB unpacked")
    assert compressed <= MAXIMUM_COMPRESSED_BYTES


def test_runs_as_a_user_without_privilege(docker: DockerEngine) -> None:
    assert [run(docker, "id", option)[1] for option in ("-u", "-g")] == ["993\n", "990\n"]
    found = run(docker, "find", "/", "-xdev", "-type", "f", "-perm", "/6000")[1].splitlines()
    assert [line for line in found if not line.startswith("find:")] == []


@pytest.mark.parametrize("uid", [100, 497, 993, 60100, 60999])
def test_has_a_name_for_whichever_user_it_is_run_as(docker: DockerEngine, uid: int) -> None:
    """Lambda chooses one; root gives each run one of its own."""
    program = "import grp, os, pwd; print(pwd.getpwuid(os.getuid()).pw_uid, grp.getgrgid(os.getgid()).gr_gid)"
    command = ("/usr/bin/python3", "-c", program)
    assert run(docker, *command, options=(f"--user={uid}:{uid}",)) == (0, f"{uid} {uid}\n")


def test_holds_nothing_of_what_built_it(docker: DockerEngine) -> None:
    history = docker.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", RUNNER_IMAGE).stdout.lower()
    assert not [word for word in ("secret", "password", "token") if word in history]
    names = ["/build", "/root/.cache", "/root/.config", "/usr/bin/make", "/usr/bin/pip3", "/tmp/livecode-runner-993"]
    for name in names:
        assert run(docker, "test", "-e", name)[0] == 1, f"{name} is in the image"
    assert run(docker, "/opt/livecode/bin/python", "-c", "import pytest")[0] == 1


def test_has_its_byte_code_compiled(docker: DockerEngine) -> None:
    code, printed = run(docker, "/opt/livecode/bin/python", "-v", "-c", "import livecode_runner.records, boto3")
    assert code == 0, printed
    sources = [line for line in printed.splitlines() if line.startswith("# code object from ") and ".pyc" not in line]
    assert sources == []


def test_programs_meet_a_bare_python(docker: DockerEngine) -> None:
    program = "import sys; print([name for name in sys.modules if 'site-packages' in str(sys.modules[name])], sys.path)"
    code, printed = run(docker, "/usr/bin/python3", "-c", program, options=("--env=PYTHONPATH=",))
    assert code == 0
    assert "site-packages" not in printed
    assert printed.startswith("[] ")


def test_says_hello_in_every_language(docker: DockerEngine) -> None:
    code, printed = run(docker, "/opt/livecode/bin/python", "-m", "livecode_runner.self_check")
    assert (code, printed) == (0, "".join(f"hello from {name}\n" for name in LANGUAGES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_is_not_built_when_a_language_is_broken(docker: DockerEngine, language: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    program = run(docker, "readlink", "-f", NEEDED[language])[1].strip()
    # Our own interpreter is Debian's python3 by a link: there, what programs find is put before it on their PATH.
    target = "/usr/local/bin/python3" if language == "python" else program
    check = ("/opt/livecode/bin/python", "-m", "livecode_runner.self_check")
    code, printed = run(docker, *check, options=(f"--volume={broken}:{target}:ro",))
    assert code == 1
    assert f"{language} does not say hello" in printed
