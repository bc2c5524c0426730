"""`python -m livecode_embedded up`: starts the stack, checks it, and serves until Ctrl-C or SIGTERM."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from livecode_embedded.command_line import run_command
from livecode_embedded.descriptors import raise_descriptor_limit
from livecode_embedded.foreground import serve_until_stopped
from livecode_embedded.logs import Terminal, say
from livecode_embedded.parameters import parse_parameters
from livecode_embedded.ports import chosen_port
from livecode_embedded.processes import adopt_orphans, kill_orphans, require_setpriv
from livecode_embedded.self_check import check_languages
from livecode_embedded.stack import Stack, StackSettings
from livecode_embedded.state import StateLock, open_state_folder, remove_stack_file

_PROJECT = Path(__file__).resolve().parents[2]


def main() -> None:
    arguments = _arguments()
    require_setpriv()
    state = open_state_folder(Path(arguments.state_dir))
    settings = StackSettings(
        template=Path(arguments.template),
        state=state,
        port=chosen_port("LIVECODE_PORT", 3000) if arguments.port is None else arguments.port,
        database_url=os.environ.get("DATABASE_URL") or None,
        parameters=parse_parameters(os.environ.get("LIVECODE_PARAMETERS", ""), arguments.parameter),
    )
    with StateLock(state):
        remove_stack_file(state)  # a killed stack leaves its own
        adopt_orphans()
        raise_descriptor_limit()
        asyncio.run(_serve(settings, self_check=not arguments.no_self_check))


async def _serve(settings: StackSettings, *, self_check: bool) -> None:
    terminal = Terminal()
    stack = Stack(settings, terminal=terminal)
    try:
        await serve_until_stopped(_run(stack, terminal, self_check=self_check))
    finally:
        await stack.stop()
        kill_orphans()


async def _run(stack: Stack, terminal: Terminal, *, self_check: bool) -> None:
    started = time.perf_counter()
    terminal.quiet = True
    await stack.start()
    if self_check:
        await check_languages(stack.url, say=say)
    terminal.quiet = False
    say(f"\nLiveCode serves at {stack.url} after {time.perf_counter() - started:.1f} s; docs at {stack.url}/docs")
    say(
        f"Try: curl -s -X POST {stack.url}/code-sessions -H 'Content-Type: application/json' "
        """-d '{"language":"python","source_code":"print(6 * 7)"}'\n"""
    )
    await asyncio.Event().wait()  # until it is cancelled


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="livecode_embedded", description=__doc__)
    commands = parser.add_subparsers(required=True)
    up = commands.add_parser("up", help="start the stack and serve in the foreground")
    up.add_argument("--port", type=int, help="default: LIVECODE_PORT, else 3000")
    up.add_argument("--state-dir", default=os.environ.get("LIVECODE_STATE_DIR") or _PROJECT / ".livecode")
    up.add_argument("--template", default=_PROJECT / "infra" / "template.yaml")
    up.add_argument("--parameter", action="append", default=[], metavar="KEY=VALUE")
    up.add_argument("--no-self-check", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_command(main))
