"""The runner: takes executions from the queue and runs them in the sandbox."""
