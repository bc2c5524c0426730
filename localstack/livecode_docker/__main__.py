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
from livecode_embedded.errors import StackError
from livecode_embedded.state import open_state_folder


def main(arguments: list[str]) -> int:
    state = open_state_folder(Path(os.environ.get("LIVECODE_STATE_DIR") or PROJECT / ".livecode"))
    try:
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
            case ["run", command, *rest]:
                with docker_engine(state, network=True) as engine:
                    return subprocess.run([command, *rest], env=engine.environment, check=False).returncode
            case _:
                print((__doc__ or "").strip(), file=sys.stderr)
                return 2
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
