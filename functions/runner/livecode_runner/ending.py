"""How an execution environment that can run no program any more makes room for another.

Lambda replaces an environment whose process ends. Ending within an invocation would count as an error of the function
and leave its message invisible for minutes, and once the runtime client waits for its next event, Lambda freezes the
process until there is one. Between the two it can end: the client has posted the answer, and has not asked again.
"""

import os
import sys

from awslambdaric.lambda_runtime_client import LambdaRuntimeClient


def end_before_next_event() -> None:
    """Lets AWS's runtime client post the answer under way, and end this process instead of asking for another event."""
    LambdaRuntimeClient.wait_next_invocation = _end_process


def _end_process(*_: object) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    # Without Python's own ways out, which what broke the environment may hold up. No failure: the answer is posted.
    os._exit(0)
