# What one types here. `make up` needs python3 (3.11 or newer) and make; it sees to the rest.
PYTHON ?= python3

.PHONY: up setup clean

# The whole service on this machine: http://127.0.0.1:$LIVECODE_PORT (3000), state in .livecode/. Ctrl-C ends it.
up:
	@exec $(PYTHON) localstack/bootstrap.py up

# .venv with everything for development: the stack, the tests, the linters.
setup:
	@exec $(PYTHON) localstack/bootstrap.py setup

# Removes the embedded stack's state: database, queues, logs, toolchain.
clean:
	@exec $(PYTHON) localstack/bootstrap.py clean
