"""The runner's image and the Debian below it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from livecode_docker.engine import DockerEngine
from livecode_embedded.errors import StackError

PROJECT = Path(__file__).resolve().parents[2]
RUNNER_IMAGE = "livecode-runner:latest"
BASE_IMAGE = "debian:trixie-slim"
_PULL_SECONDS = 120
# As Debian's own slim image: no manuals, no translations.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def build_runner_image(engine: DockerEngine, *arguments: str) -> None:
    """Builds functions/runner/Dockerfile as `sam build` would. Raises StackError with the last line it printed."""
    ensure_base_image(engine)
    # The host's network: our own engine has no other.
    command = ["build", "--network", "host", "--tag", RUNNER_IMAGE, "--file", f"{PROJECT}/functions/runner/Dockerfile"]
    engine.docker(*command, *arguments, str(PROJECT))


def ensure_base_image(engine: DockerEngine) -> None:
    """Provides the base image: the one that is there or can be pulled, or a stand-in made from Debian's packages."""
    if engine.docker("image", "inspect", BASE_IMAGE, check=False).returncode == 0:
        return
    try:
        pulled = engine.docker("pull", "--quiet", BASE_IMAGE, check=False, timeout=_PULL_SECONDS)
    except subprocess.TimeoutExpired:
        pulled = None
    if pulled is None or pulled.returncode:
        _make_base(engine)


def _make_base(engine: DockerEngine) -> None:
    """Makes Debian's minimal system, with the certificates that this machine trusts: its network may have a proxy."""
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        raise StackError(f"{BASE_IMAGE} cannot be pulled; as root, with the package mmdebstrap, it is made here.")
    print(f"{BASE_IMAGE} cannot be pulled; a stand-in is made from Debian's packages", flush=True)
    with tempfile.TemporaryDirectory(prefix="livecode-base-") as folder:
        archive = f"{folder}/base.tar"
        options = [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
        if Path(_CERTIFICATES).exists():
            options.append(f"--customize-hook=copy-in {_CERTIFICATES} {Path(_CERTIFICATES).parent}")
        made = subprocess.run(
            ["mmdebstrap", "--variant=minbase", "--include=ca-certificates", *options, "trixie", archive],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise StackError(f"mmdebstrap fails: {(made.stderr.strip().splitlines() or ['no reason given'])[-1]}")
        engine.docker("import", archive, BASE_IMAGE)


def image_size_bytes(engine: DockerEngine, image: str = RUNNER_IMAGE) -> tuple[int, int]:
    """Returns the image's size unpacked, and compressed as a registry keeps it."""
    unpacked = int(engine.docker("image", "inspect", "--format", "{{.Size}}", image).stdout)
    saved = subprocess.Popen([engine.client, "save", image], env=engine.environment, stdout=subprocess.PIPE)
    packed = subprocess.Popen(["gzip", "-6"], stdin=saved.stdout, stdout=subprocess.PIPE)
    assert saved.stdout is not None
    assert packed.stdout is not None
    saved.stdout.close()
    compressed = 0
    while chunk := packed.stdout.read(1 << 20):
        compressed += len(chunk)
    packed.stdout.close()
    if saved.wait() or packed.wait():
        raise StackError(f"docker save {image} fails.")
    return unpacked, compressed
