"""Builds the runner's image, or runs a command that needs Docker.

python -m livecode_docker build [ARGUMENTS OF docker build]
python -m livecode_docker run COMMAND ...
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from livecode_docker.engine import docker_engine
from livecode_docker.images import PROJECT, RUNNER_IMAGE, build_runner_image, image_size_bytes
from livecode_embedded.command_line import run_command
from livecode_embedded.state import open_state_folder


def main(arguments: list[str]) -> int:
    state = open_state_folder(Path(os.environ.get("LIVECODE_STATE_DIR") or PROJECT / ".livecode"))
    match arguments:
        case ["build", *options]:
            with docker_engine(state) as engine:
                started = time.monotonic()
                build_runner_image(engine, *options)
                unpacked, compressed = image_size_bytes(engine)
            print(
                f"{RUNNER_IMAGE}: {compressed / 1e6:.0f} MB compressed, {unpacked / 1e6:.0f} MB unpacked, "
                f"built in {time.monotonic() - started:.0f} s"
            )
            return 0
        case ["run", command, *rest]:
            with docker_engine(state, network=True) as engine:
                return subprocess.run([command, *rest], env=engine.environment, check=False).returncode
    print((__doc__ or "").strip(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(run_command(lambda: main(sys.argv[1:])))
