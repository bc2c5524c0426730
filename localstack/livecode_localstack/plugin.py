"""The entry point that LocalStack loads for LAMBDA_RUNTIME_EXECUTOR=livecode."""

import os
from typing import Any

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class LiveCodeExecutorPlugin(RuntimeExecutorPlugin):
    name = "livecode"

    def load(self) -> Any:
        from livecode_localstack.executor import ProcessExecutor
        from livecode_localstack.polling import poll_in_parallel

        # Functions are created, and so this is loaded, before their mappings.
        poll_in_parallel(max(2, os.cpu_count() or 1))
        return ProcessExecutor
