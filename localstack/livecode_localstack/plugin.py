"""The entry point that LocalStack loads for LAMBDA_RUNTIME_EXECUTOR=livecode."""

from typing import Any

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class LiveCodeExecutorPlugin(RuntimeExecutorPlugin):
    name = "livecode"

    def load(self) -> Any:
        from livecode_localstack.executor import ProcessExecutor

        return ProcessExecutor
