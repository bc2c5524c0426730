"""`python -m livecode_localstack up`: LocalStack without Docker, with LiveCode deployed, until Ctrl-C or SIGTERM.

`deploy`: LiveCode into a LocalStack that has our executor and runs already. `containers-up`: the same, and starts it
first, by compose.yaml; `containers-down` ends it.
"""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from livecode_embedded.command_line import run_command
from livecode_embedded.errors import StackError
from livecode_embedded.foreground import serve_until_stopped
from livecode_embedded.logs import Terminal, say
from livecode_embedded.parameters import parse_parameters
from livecode_embedded.ports import chosen_port
from livecode_embedded.processes import adopt_orphans, kill_orphans, require_setpriv
from livecode_embedded.self_check import check_languages
from livecode_embedded.state import StateLock, open_state_folder, remove_stack_file
from livecode_localstack import compose
from livecode_localstack.deploy import BUCKET, Deployer
from livecode_localstack.package import package
from livecode_localstack.stack import LocalStackSettings, LocalStackStack

_PROJECT = Path(__file__).resolve().parents[2]
_ORPHANS_SECONDS = 5


def main() -> None:
    arguments = _arguments()
    given = getattr(arguments, "parameter", [])
    parameters = parse_parameters(os.environ.get("LIVECODE_PARAMETERS", ""), given)
    match arguments.command:
        case "up":
            _up(arguments, parameters)
        case "deploy":
            _deploy(arguments, parameters)
        case "containers-up":
            endpoint_url, database_url = compose.up()
            deploy(Path(arguments.template), parameters, endpoint_url=endpoint_url, database_url=database_url)
        case "containers-down":
            compose.down()


def _up(arguments: argparse.Namespace, parameters: dict[str, str]) -> None:
    require_setpriv()
    state = open_state_folder(Path(arguments.state_dir))
    settings = LocalStackSettings(
        template=Path(arguments.template),
        python=Path(arguments.python),
        state=state,
        port=chosen_port("LIVECODE_LOCALSTACK_PORT", 4566) if arguments.port is None else arguments.port,
        database_url=os.environ.get("DATABASE_URL") or None,
        parameters=parameters,
    )
    with StateLock(state):
        remove_stack_file(state)  # a killed stack leaves its own
        adopt_orphans()
        asyncio.run(_serve(settings, self_check=not arguments.no_self_check))


def _deploy(arguments: argparse.Namespace, parameters: dict[str, str]) -> None:
    database_url = os.environ.get("DATABASE_URL")
    if not database_url:
        raise StackError("Give DATABASE_URL, the Postgres that the functions shall use, as they can reach it.")
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL") or "http://127.0.0.1:4566"
    deploy(Path(arguments.template), parameters, endpoint_url=endpoint_url, database_url=database_url)


def deploy(template: Path, parameters: dict[str, str], *, endpoint_url: str, database_url: str) -> None:
    """Deploys into the LocalStack at the endpoint and prints the API's URL."""
    own = {"Platform": "localstack", "DatabaseUrl": database_url}
    packaged = package(template, bucket=BUCKET)
    say(Deployer(endpoint_url.rstrip("/")).deploy(packaged, {**own, **parameters}).api_url)


async def _serve(settings: LocalStackSettings, *, self_check: bool) -> None:
    stack = LocalStackStack(settings, terminal=Terminal())
    try:
        await serve_until_stopped(_run(stack, self_check=self_check))
    finally:
        await stack.stop()
        kill_orphans()


async def _run(stack: LocalStackStack, *, self_check: bool) -> None:
    started = time.perf_counter()
    await stack.start()
    if self_check:
        await check_languages(stack.url, say=say)
    say(f"\nLiveCode on LocalStack serves at {stack.url} after {time.perf_counter() - started:.1f} s")
    ended = asyncio.get_running_loop().create_task(stack.ended())
    while not ended.done():
        await asyncio.wait({ended}, timeout=_ORPHANS_SECONDS)
        kill_orphans()  # what a killed runner has left
        stack.trim_log()
    raise StackError("LocalStack has ended by itself; its log says why.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="livecode_localstack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start LocalStack, deploy, and serve in the foreground")
    up.add_argument("--port", type=int, help="default: LIVECODE_LOCALSTACK_PORT, else 4566")
    up.add_argument(
        "--state-dir", default=os.environ.get("LIVECODE_STATE_DIR") or _PROJECT / ".livecode" / "localstack"
    )
    up.add_argument("--python", default=_PROJECT / ".livecode" / "localstack-venv" / "bin" / "python")
    up.add_argument("--no-self-check", action="store_true")
    deploying = commands.add_parser("deploy", help="deploy into the LocalStack at AWS_ENDPOINT_URL")
    containers = commands.add_parser("containers-up", help="start LocalStack and Postgres in containers, and deploy")
    commands.add_parser("containers-down", help="end them and remove what they have stored")
    for command in (up, deploying, containers):
        command.add_argument("--template", default=_PROJECT / "infra" / "template.yaml")
        command.add_argument("--parameter", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_command(main))
