#!/bin/sh
# Resolves the dependency groups of pyproject.toml into lock files with hashes, for every supported Python (3.11 to 3.14).
set -eu
cd "$(dirname "$0")/../.."

lock() {
    group=$1 output=$2
    shift 2
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate --group "pyproject.toml:$group" --output-file "$output" "$@"
}

# The largest group first: the others take their versions from it.
lock dev tests/requirements.txt
lock stack localstack/locks/stack.txt --constraint tests/requirements.txt
lock runtime layers/runtimes/python/requirements.txt --constraint tests/requirements.txt
lock image functions/runner/requirements.txt --constraint tests/requirements.txt
lock toolchain localstack/locks/toolchain.txt
# By themselves: the SAM CLI and checkov want exact versions of much that the others choose freely.
lock sam localstack/locks/sam.txt
lock checkov localstack/locks/checkov.txt

# LocalStack as it was when it was released: what came later breaks it. 4.14.0 on Python 3.13, 4.13.1 on 3.11 and 3.12.
lock_localstack() {
    version=$1 python=$2 date=$3
    shift 3
    echo "localstack-core[runtime]==$version" | .venv/bin/uv pip compile --quiet --python-version "$python" \
        --exclude-newer "$date" --generate-hashes --no-emit-index-url --no-header --no-annotate \
        --output-file "localstack/locks/localstack-$version.txt" "$@" -
}
lock_localstack 4.14.0 3.13 2026-02-28 --python-platform linux
lock_localstack 4.13.1 3.11 2026-02-20 --universal
