"""The images that `sam local` is given run what Lambda runs, as Lambda does."""

import json
import re
from pathlib import Path

PROJECT = Path(__file__).parents[3]
RUNNER = (PROJECT / "functions/runner/Dockerfile").read_text()
STAND_IN = (PROJECT / "localstack/livecode_sam/stand_ins/runner.Dockerfile").read_text()


def entrypoint(dockerfile: str) -> list[str]:
    words: list[str] = json.loads(re.findall(r"^ENTRYPOINT (\[.*\])", dockerfile.replace("\\\n", ""), re.MULTILINE)[-1])
    return words


def test_the_runner_starts_as_in_its_image_and_as_its_user() -> None:
    [user, group] = re.findall(r"^USER (\d+):(\d+)", RUNNER, re.MULTILINE)[-1]
    *start, python, option, module = entrypoint(STAND_IN)
    assert [python, option, module] == entrypoint(RUNNER)
    assert start[:3] == ["setpriv", f"--reuid={user}", f"--regid={group}"]
    assert set(start[3:]) == {"--clear-groups", "--no-new-privs", "--bounding-set=-all"}
