"""The whole service under `sam local`, or one command of the SAM CLI.

python -m livecode_sam up                           serves until Ctrl-C
python -m livecode_sam run ARGUMENTS OF sam         with the pinned SAM CLI, from the project's folder
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from livecode_docker.engine import docker_engine
from livecode_docker.images import PROJECT
from livecode_embedded.command_line import run_command
from livecode_embedded.errors import StackError
from livecode_embedded.foreground import serve_until_stopped
from livecode_embedded.logs import Terminal, say
from livecode_embedded.parameters import parse_parameters
from livecode_embedded.ports import check_port, chosen_port
from livecode_embedded.state import StateLock, open_state_folder, remove_stack_file
from livecode_sam.cli import SamCli, ensure_layer_python
from livecode_sam.images import build_image_for_sam, build_runner_stand_in, python_image
from livecode_sam.network import docker_network
from livecode_sam.stack import SamSettings, SamStack

_COMMANDS_WITH_DOCKER = {"build", "local", "package", "deploy"}


def main(arguments: list[str]) -> int:
    state = open_state_folder(Path(os.environ.get("LIVECODE_STATE_DIR") or PROJECT / ".livecode"))
    match arguments:
        case ["up"]:
            return _up(state)
        case ["run", *command] if command:
            return _run(state, command)
    print((__doc__ or "").strip(), file=sys.stderr)
    return 2


def _run(state: Path, command: list[str]) -> int:
    """Runs one command of sam.

    `local` ones with the engine and images of the service, which samconfig.toml points to.
    """
    facts = state / "sam" / "stack.json"
    service = json.loads(facts.read_text()) if facts.exists() else {}
    if command[0] == "local" and not service:
        raise StackError("sam local uses the database and the queue of make sam-local; start that first.")
    if service.get("docker_host"):
        os.environ["DOCKER_HOST"] = service["docker_host"]
    if command[0] not in _COMMANDS_WITH_DOCKER:
        return SamCli(state, os.environ).run(*command)
    with docker_engine(state, network=True) as engine:
        sam = SamCli(state, engine.environment)
        if command[0] == "build":
            ensure_layer_python()
            build_image_for_sam(engine)
        images = service.get("invoke_images", []) if command[0] == "local" else []
        return sam.run(*command, *images)


def _up(state: Path) -> int:
    port = chosen_port("LIVECODE_PORT", 3000)
    own_state = state / "sam"
    own_state.mkdir(mode=0o755, exist_ok=True)
    check_port(port, setting="LIVECODE_PORT")
    ensure_layer_python()
    with StateLock(own_state), docker_engine(state, network=True) as engine:
        remove_stack_file(own_state)  # a killed stack leaves its own
        sam = SamCli(state, engine.environment)
        say("Building the runner's image and the functions")
        build_image_for_sam(engine)
        sam.build()
        build_runner_stand_in(engine)
        with docker_network(engine) as network:
            settings = SamSettings(
                state=own_state,
                port=port,
                sam=sam,
                network=network,
                python_image=python_image(engine),
                parameters=parse_parameters(os.environ.get("LIVECODE_PARAMETERS", "")),
            )
            asyncio.run(_serve(settings))
    return 0


async def _serve(settings: SamSettings) -> None:
    stack = SamStack(settings, terminal=Terminal())
    try:
        await serve_until_stopped(_run_stack(stack))
    finally:
        await stack.stop()


async def _run_stack(stack: SamStack) -> None:
    started = time.perf_counter()
    await stack.start()
    say(f"\nLiveCode serves at {stack.url} after {time.perf_counter() - started:.1f} s; first calls start containers\n")
    await stack.serve()


if __name__ == "__main__":
    sys.exit(run_command(lambda: main(sys.argv[1:])))
