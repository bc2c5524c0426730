"""The runner's own settings."""

from livecode.config import Settings


class SandboxSettings(Settings):
    """Where programs find their interpreters, and without which layers we refuse to run them."""

    sandbox_path: str = "/usr/local/bin:/usr/bin:/bin"
    sandbox_required: str = "launcher,seccomp,dumpable"

    @property
    def required_layers(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.sandbox_required.split(",") if name.strip())
