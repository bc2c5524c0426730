#!/bin/sh
# Resolves the dependency groups of pyproject.toml into lock files with hashes, for every supported Python.
set -eu
cd "$(dirname "$0")/.."

lock() {
    group=$1 output=$2
    shift 2
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate --group "pyproject.toml:$group" --output-file "$output" "$@"
}

# The largest group first: the others take their versions from it.
lock dev tests/requirements.txt
lock stack localstack/requirements.txt --constraint tests/requirements.txt
lock runtime layers/runtimes/python/requirements.txt --constraint tests/requirements.txt
lock image functions/runner/requirements.txt --constraint tests/requirements.txt
lock toolchain localstack/toolchain.txt
lock emulator tests/image/requirements.txt --no-deps
