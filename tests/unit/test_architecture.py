"""Imports follow the data's way, and only the entry points touch the environment."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "livecode": ROOT / "layers/runtimes/python/livecode",
    "livecode_api": ROOT / "functions/api/livecode_api",
    "livecode_runner": ROOT / "functions/runner/livecode_runner",
}
MAY_IMPORT = {
    "livecode": {"livecode"},
    "livecode_api": {"livecode", "livecode_api"},
    "livecode_runner": {"livecode", "livecode_runner"},
}
OURS = {*PACKAGES, "livecode_embedded"}
MODULES = [pytest.param(name, path, id=str(path.relative_to(ROOT))) for name, root in PACKAGES.items()
           for path in sorted(root.rglob("*.py"))]  # fmt: skip


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:  # a relative import stays in its package
            yield node.module or ""


@pytest.mark.parametrize(("package", "path"), MODULES)
def test_imports_follow_the_rooms(package: str, path: Path) -> None:
    ours = {name.split(".")[0] for name in imported(path)} & OURS
    assert ours <= MAY_IMPORT[package]


@pytest.mark.parametrize(("package", "path"), [p for p in MODULES if p.values[0] == "livecode"])
def test_the_layer_knows_neither_aws_nor_http(package: str, path: Path) -> None:
    foreign = {name.split(".")[0] for name in imported(path)}
    assert not foreign & {"boto3", "botocore", "aws_lambda_powertools", "http", "urllib"}


@pytest.mark.parametrize(("package", "path"), [p for p in MODULES if p.values[1].name != "handler.py"])  # type: ignore[union-attr]
def test_only_handlers_read_the_environment_and_build_clients(package: str, path: Path) -> None:
    names = set(imported(path))
    assert "boto3" not in names
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            assert node.attr not in ("environ", "getenv"), f"{path} reads the environment"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("create_engine", "make_engine", "configured_engine") or path.name == "engine.py"


@pytest.mark.parametrize(("package", "path"), MODULES)
def test_modules_say_what_they_are_for_and_stay_small(package: str, path: Path) -> None:
    source = path.read_text()
    assert ast.get_docstring(ast.parse(source))
    assert len(source.splitlines()) <= 300
