"""Imports follow the data's way, only entry points touch the environment, and modules say what they are for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYER, STACKS = "layers/runtimes/python", "localstack"
FOLDERS = {
    "livecode": LAYER,
    "livecode_aws": LAYER,
    "livecode_api": "functions/api",
    "livecode_runner": "functions/runner",
    "livecode_embedded": STACKS,
    "livecode_bootstrap": STACKS,
    "livecode_docker": STACKS,
    "livecode_sam": STACKS,
    "livecode_localstack": STACKS,
    "livecode_probe": STACKS,
}
PRODUCTION = ("livecode", "livecode_aws", "livecode_api", "livecode_runner")
# Which other packages of ours each may import.
MAY_IMPORT = {
    "livecode": set(),
    "livecode_aws": {"livecode"},
    "livecode_api": {"livecode", "livecode_aws"},
    "livecode_runner": {"livecode", "livecode_aws"},
    "livecode_embedded": {"livecode"},
    "livecode_bootstrap": {"livecode_embedded"},
    "livecode_docker": {"livecode_bootstrap", "livecode_embedded"},
    "livecode_sam": {"livecode_docker", "livecode_embedded"},
    "livecode_localstack": {"livecode_embedded"},
    "livecode_probe": {"livecode_docker", "livecode_embedded"},
}
AWS = {"boto3", "botocore", "aws_lambda_powertools", "awslambdaric"}
# What tells what the service does, in its own words: everything else is handed to it.
KNOWS_NO_ADAPTER = (
    "functions/api/livecode_api/service.py",
    "functions/api/livecode_api/sweeper/batch.py",
    "functions/api/livecode_api/sweeper/dead_letters.py",
    "functions/api/livecode_api/sweeper/sweep.py",
    "functions/runner/livecode_runner/records.py",
    "functions/runner/livecode_runner/report.py",
)
# The bootstrap, and what it takes from the stack, run before anything is installed.
BARE = ("livecode_bootstrap", "errors.py", "postgres_binaries.py", "state.py", "system_path.py", "command_line.py")
# Tables of programs: each entry is read by itself.
TABLES = {"tests/cases/programs.py", "tests/cases/confinement.py", "tests/sandbox/ordinary/cpp_programs.py"}


def modules(*packages: str) -> list[tuple[str, Path]]:
    return [
        (package, path)
        for package in packages
        for path in sorted((ROOT / FOLDERS[package] / package).rglob("*.py"))
        if "build" not in path.relative_to(ROOT).parts
    ]


def cases(found: list[tuple[str, Path]]) -> list[object]:
    assert found, "a rule about nothing"
    return [pytest.param(package, path, id=str(path.relative_to(ROOT))) for package, path in found]


def test_files() -> list[Path]:
    return [path for path in sorted((ROOT / "tests").rglob("*.py")) if "project" not in path.relative_to(ROOT).parts]


test_files.__test__ = False  # type: ignore[attr-defined]


def imported(path: Path) -> Iterator[str]:
    """Names the modules that a file imports anywhere in it; a relative import by its dots."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def packages_of(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def test_every_package_has_its_rule() -> None:
    found = {path.parent.name for folder in set(FOLDERS.values()) for path in (ROOT / folder).glob("*/__init__.py")}
    assert found == set(FOLDERS) == set(MAY_IMPORT)


@pytest.mark.parametrize(("package", "path"), cases(modules(*FOLDERS)))
def test_imports_follow_the_rooms(package: str, path: Path) -> None:
    assert packages_of(path) & set(FOLDERS) <= MAY_IMPORT[package] | {package}
    assert "tests" not in packages_of(path)


@pytest.mark.parametrize(("package", "path"), cases(modules(*FOLDERS)))
def test_imports_are_absolute(package: str, path: Path) -> None:
    """But for the probe's observers, which also run as a program of their own, by another name."""
    if path.parent.name != "observers":
        assert not [name for name in imported(path) if name.startswith(".")]


@pytest.mark.parametrize(("package", "path"), cases(modules("livecode")))
def test_the_layer_knows_neither_aws_nor_http(package: str, path: Path) -> None:
    assert not packages_of(path) & (AWS | {"http", "urllib"})


@pytest.mark.parametrize("path", KNOWS_NO_ADAPTER)
def test_what_the_service_does_is_told_without_aws_and_adapters(path: str) -> None:
    names = set(imported(ROOT / path))
    assert not packages_of(ROOT / path) & (AWS | {"sqlalchemy", "pg8000", "livecode_aws"})
    assert not {name for name in names if name.startswith("livecode.db") or name.endswith(".queue")}


@pytest.mark.parametrize(
    ("package", "path"), cases([(name, path) for name, path in modules(*PRODUCTION) if path.name != "handler.py"])
)
def test_only_handlers_read_the_environment_and_build_clients(package: str, path: Path) -> None:
    assert "boto3" not in packages_of(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            assert node.attr not in ("environ", "getenv"), f"{path} reads the environment"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            engines = ("create_engine", "make_engine", "configured_engine", "make_database_engine")
            assert node.func.id not in engines or path.name in ("engine.py", "database.py")


@pytest.mark.parametrize(
    ("package", "path"), cases([(name, path) for name, path in modules(*PRODUCTION) if path.name == "handler.py"])
)
def test_a_handler_does_nothing_at_import_but_build(package: str, path: Path) -> None:
    tree = ast.parse(path.read_text())
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    calls = [node.value for node in assigned if isinstance(node.value, ast.Call)]
    assert [ast.unparse(call) for call in calls if ast.unparse(call.func) != "Config"] == ["build(os.environ)"]
    assert not [node for node in tree.body if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)]
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert functions >= {"build", "lambda_handler"}


@pytest.mark.parametrize(
    ("package", "path"),
    cases([(name, path) for name, path in modules("livecode_bootstrap", "livecode_embedded")
           if name == "livecode_bootstrap" or path.name in BARE]),
)  # fmt: skip
def test_the_bootstrap_needs_the_standard_library_alone(package: str, path: Path) -> None:
    import sys

    ours = {name for name in imported(path) if name.split(".")[0] in FOLDERS}
    assert packages_of(path) - set(FOLDERS) <= sys.stdlib_module_names
    for name in ours:
        assert name.split(".")[0] == "livecode_bootstrap" or f"{name.split('.')[-1]}.py" in BARE


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in test_files() if path.parts[-2] == "e2e"]
)
def test_the_end_to_end_suite_knows_a_base_url_alone(path: Path) -> None:
    """But for stack.py, which starts the embedded stack: what looks behind HTTP asks it."""
    if path.name != "stack.py":
        assert not packages_of(path) & set(FOLDERS)


@pytest.mark.parametrize(("package", "path"), cases([*modules(*FOLDERS), *(("tests", path) for path in test_files())]))
def test_modules_say_what_they_are_for_and_stay_small(package: str, path: Path) -> None:
    source = path.read_text()
    name = str(path.relative_to(ROOT))
    if source:
        assert ast.get_docstring(ast.parse(source)) or "/attacks/" in name
    most = 350 if package == "tests" else 300
    assert len(source.splitlines()) <= most or name in TABLES


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in test_files()])
def test_tests_of_a_kind_stay_within_it(path: Path) -> None:
    kind = path.relative_to(ROOT / "tests").parts[0]
    if kind == "unit":
        others = {name for name in imported(path) if re.match(r"tests\.(integration|sandbox|e2e|image)\b", name)}
        assert not others
        assert not packages_of(path) & {"moto", "httpx"}
