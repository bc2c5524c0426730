"""Where the project keeps its virtual environment, its lock files and the sandbox's launcher."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LAUNCHER_FOLDER = PROJECT / "functions" / "runner" / "livecode_runner" / "sandbox"

LOCKS = PROJECT / "localstack" / "locks"
STACK_LOCK = LOCKS / "stack.txt"
TESTS_LOCK = PROJECT / "tests" / "requirements.txt"
TOOLCHAIN_LOCK = LOCKS / "toolchain.txt"
SAM_LOCK = LOCKS / "sam.txt"
CHECKOV_LOCK = LOCKS / "checkov.txt"
# LocalStack's last release that takes no token is 4.14.0, which wants Python 3.13; 4.13.1 is the last for 3.11.
LOCALSTACK_LOCKS = {
    "python3.13": LOCKS / "localstack-4.14.0.txt",
    "python3.12": LOCKS / "localstack-4.13.1.txt",
    "python3.11": LOCKS / "localstack-4.13.1.txt",
}
