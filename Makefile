# What one types here. `make up` needs python3 (3.11 to 3.14) and make, and installs the rest.
PYTHON ?= python3
.DEFAULT_GOAL := help

export PYTHONPATH := .:functions/api:functions/runner:layers/runtimes/python:localstack

.PHONY: up setup clean

help: ## This list
	@awk -F ':[^#]*## ' '/^[a-z].*:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: help

# Port $LIVECODE_PORT (3000), state in .livecode/.
up: ## The whole service on this machine, http://127.0.0.1:3000; Ctrl-C ends it
	@exec $(PYTHON) localstack/bootstrap.py up

# Port $LIVECODE_LOCALSTACK_PORT (4566), state in .livecode/localstack.
localstack: ## LocalStack without Docker, with LiveCode deployed
	@exec $(PYTHON) localstack/bootstrap.py localstack

localstack-up: ## The same in containers of your Docker (localstack/compose.yaml)
	@exec $(PYTHON) localstack/bootstrap.py $@

localstack-down: ## Ends and removes those containers
	@exec $(PYTHON) localstack/bootstrap.py $@

# At $AWS_ENDPOINT_URL, on the database at $DATABASE_URL.
localstack-deploy: ## LiveCode into a LocalStack that runs already
	@exec $(PYTHON) localstack/bootstrap.py localstack-deploy

.PHONY: localstack localstack-up localstack-down localstack-deploy

# Functions in containers, port $LIVECODE_PORT (3000). Needs Docker, or root.
sam-local: ## The service under `sam local`, with a database and a queue beside it
	@exec $(PYTHON) localstack/bootstrap.py sam-local

# make sam ARGUMENTS="local invoke ApiFunction --event tests/events/ApiFunction.health.json"
sam: ## One command of the SAM CLI, in ARGUMENTS
	@exec $(PYTHON) localstack/bootstrap.py sam $(ARGUMENTS)

.PHONY: sam-local sam

# make probe, make probe TARGET=image (under AWS's emulator; needs Docker, or root), make probe FUNCTION=<name or ARN> on
# AWS. The report itself: make probe JSON=report.json
probe: ## What a runner's environment really allows, as a table
	@exec $(PYTHON) localstack/bootstrap.py probe $(if $(FUNCTION),function $(FUNCTION),$(TARGET)) $(if $(JSON),--json $(JSON))

.PHONY: probe

setup: ## .venv with everything for development: the stack, the tests, the linters
	@exec $(PYTHON) localstack/bootstrap.py setup

clean: ## Removes the embedded stack's state: database, queues, logs, toolchain
	@exec $(PYTHON) localstack/bootstrap.py clean

SOURCES := functions layers localstack tests
PYTEST := .venv/bin/python -m coverage run -m pytest

lint: setup ## Formatting, lint, types, the template, and the workflows
	.venv/bin/ruff format --check $(SOURCES)
	.venv/bin/ruff check $(SOURCES)
	.venv/bin/mypy $(SOURCES)
	.venv/bin/cfn-lint infra/template.yaml docs/deploy-role.yaml
	.venv/bin/zizmor --offline --quiet --no-progress --min-severity medium .github

# Waivers are in .checkov.yaml. Installs it at first (about 290 MB).
checkov: ## What checkov asks of the template
	@exec $(PYTHON) localstack/bootstrap.py checkov

.PHONY: checkov

# Coverage is measured in the function processes too.
test: setup ## Every test, with coverage; one kind: make test TESTS=tests/unit
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

TARGET ?= embedded
e2e: setup ## The end-to-end suite: TARGET=embedded, localstack, sam or https://…/Prod
ifneq ($(filter localstack sam,$(TARGET)),)
	@$(PYTHON) localstack/bootstrap.py $(TARGET)-setup
endif
	LIVECODE_TARGET=$(TARGET) .venv/bin/python -m pytest $(or $(TESTS),tests/e2e tests/cases)

# Nothing passes or fails.
bench: setup ## Speed and size against the bare interpreters and bubblewrap, in the same run
	@$(MAKE) -s -C functions/runner/livecode_runner/sandbox
	.venv/bin/python -m tests.benchmarks.sandbox
	.venv/bin/python -m tests.benchmarks.bench

cost: setup ## What a run uses, and what that costs on AWS: a table in docs/deploy.md
	.venv/bin/python -m tests.benchmarks.cost docs/deploy.md

image: setup ## RunnerFunction's image, livecode-runner:latest, in your Docker
	@.venv/bin/python -m livecode_docker build

test-image: setup ## The image under AWS's Lambda emulator, in a container like Lambda's
	.venv/bin/python -m pytest tests/image

lock: setup ## The lock files, anew from pyproject.toml
	.venv/bin/python -m pip install --quiet uv
	sh localstack/locks/lock.sh

.PHONY: lint test e2e bench cost image test-image lock

attacks: setup ## Every attack against each layer by itself: a table in docs/security.md; needs root
	@$(MAKE) -s -C functions/runner/livecode_runner/sandbox
	.venv/bin/python -m tests.sandbox.attacks.matrix docs/security.md

.PHONY: attacks
