# What one types here. `make up` needs python3 (3.11 to 3.14) and make; it sees to the rest.
PYTHON ?= python3

export PYTHONPATH := .:functions/api:functions/runner:layers/runtimes/python:localstack

.PHONY: up setup clean

# The whole service on this machine: http://127.0.0.1:$LIVECODE_PORT (3000), state in .livecode/. Ctrl-C ends it.
up:
	@exec $(PYTHON) localstack/bootstrap.py up

# LocalStack without Docker, with LiveCode deployed: port $LIVECODE_LOCALSTACK_PORT (4566), state in .livecode/localstack.
localstack:
	@exec $(PYTHON) localstack/bootstrap.py localstack

# The same in containers of your Docker, with Postgres (localstack/compose.yaml); localstack-down ends and removes them.
localstack-up localstack-down:
	@exec $(PYTHON) localstack/bootstrap.py $@

# LiveCode into a LocalStack that runs already, at $AWS_ENDPOINT_URL, on the database at $DATABASE_URL.
localstack-deploy:
	@exec $(PYTHON) localstack/bootstrap.py localstack-deploy

.PHONY: localstack localstack-up localstack-down localstack-deploy

# `sam local` with a database and a queue beside it, functions in containers: port $LIVECODE_PORT (3000). Needs Docker, or root.
sam-local:
	@exec $(PYTHON) localstack/bootstrap.py sam-local

# One command of the SAM CLI: make sam ARGUMENTS="local invoke ApiFunction --event tests/events/ApiFunction.health.json"
sam:
	@exec $(PYTHON) localstack/bootstrap.py sam $(ARGUMENTS)

.PHONY: sam-local sam

# What a runner's environment really allows, as a table: make probe, make probe TARGET=image (under AWS's emulator; needs
# Docker, or root), make probe FUNCTION=<name or ARN> on AWS. The report itself: make probe JSON=report.json
probe:
	@exec $(PYTHON) localstack/bootstrap.py probe $(if $(FUNCTION),function $(FUNCTION),$(TARGET)) $(if $(JSON),--json $(JSON))

.PHONY: probe

# .venv with everything for development: the stack, the tests, the linters.
setup:
	@exec $(PYTHON) localstack/bootstrap.py setup

# Removes the embedded stack's state: database, queues, logs, toolchain.
clean:
	@exec $(PYTHON) localstack/bootstrap.py clean

SOURCES := functions layers localstack tests
PYTEST := .venv/bin/python -m coverage run -m pytest

# Formatting, lint, types, the template, and the workflows.
lint: setup
	.venv/bin/ruff format --check $(SOURCES)
	.venv/bin/ruff check $(SOURCES)
	.venv/bin/mypy $(SOURCES)
	.venv/bin/cfn-lint infra/template.yaml docs/deploy-role.yaml
	.venv/bin/zizmor --offline --quiet --no-progress --min-severity medium .github

# What checkov asks of the template, but for the waivers in .checkov.yaml. Installs it at first (about 290 MB).
checkov:
	@exec $(PYTHON) localstack/bootstrap.py checkov

.PHONY: checkov

# Every test, with coverage measured in the function processes too. One kind: make test TESTS=tests/unit
test: setup
	@rm -f .coverage .coverage.*
ifdef TESTS
	$(PYTEST) $(TESTS)
	@.venv/bin/python -m coverage combine -q
	@.venv/bin/python -m coverage report --fail-under=0
else
	$(PYTEST) -n 2 tests/unit tests/integration tests/sandbox
	$(PYTEST) tests/e2e tests/cases
	@.venv/bin/python -m coverage combine -q
	@.venv/bin/python -m coverage report
endif

# The end-to-end suite against a target: make e2e TARGET=embedded (the default), localstack, sam or https://…/Prod
TARGET ?= embedded
e2e: setup
ifneq ($(filter localstack sam,$(TARGET)),)
	@$(PYTHON) localstack/bootstrap.py $(TARGET)-setup
endif
	LIVECODE_TARGET=$(TARGET) .venv/bin/python -m pytest $(or $(TESTS),tests/e2e tests/cases)

# Speed and size against the bare interpreters and bubblewrap, in the same run. Nothing passes or fails.
bench: setup
	@$(MAKE) -s -C functions/runner/livecode_runner/sandbox
	.venv/bin/python -m tests.benchmarks.sandbox
	.venv/bin/python -m tests.benchmarks.bench

# What a run uses, measured, and what that costs on AWS: a table that is kept in docs/deploy.md.
cost: setup
	.venv/bin/python -m tests.benchmarks.cost docs/deploy.md

# RunnerFunction's image, livecode-runner:latest, in your Docker.
image: setup
	@.venv/bin/python -m livecode_docker build

# The image under AWS's Lambda emulator, in a container like Lambda's.
test-image: setup
	.venv/bin/python -m pytest tests/image

# The lock files, anew from pyproject.toml.
lock: setup
	.venv/bin/python -m pip install --quiet uv
	sh localstack/locks/lock.sh

.PHONY: lint test e2e bench cost image test-image lock

# Every attack against each layer by itself, as a table that is kept in docs/security.md. Needs root.
attacks: setup
	@$(MAKE) -s -C functions/runner/livecode_runner/sandbox
	.venv/bin/python -m tests.sandbox.attacks.matrix docs/security.md

.PHONY: attacks
