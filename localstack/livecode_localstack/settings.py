"""What the process outside LocalStack tells the plugin inside: environment variables, written and read here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, kw_only=True)
class ExecutorSettings:
    """`images` has the folders of code that stand for a container image, by its URI."""

    function_python: str
    log_folder: Path
    images: Mapping[str, Sequence[Path]]

    def variables(self) -> dict[str, str]:
        folders = {uri: [str(folder) for folder in row] for uri, row in self.images.items()}
        return {
            "LIVECODE_FUNCTION_PYTHON": self.function_python,
            "LIVECODE_LOG_FOLDER": str(self.log_folder),
            "LIVECODE_IMAGES": json.dumps(folders),
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        images = json.loads(environment["LIVECODE_IMAGES"])
        return cls(
            function_python=environment["LIVECODE_FUNCTION_PYTHON"],
            log_folder=Path(environment["LIVECODE_LOG_FOLDER"]),
            images={uri: [Path(folder) for folder in folders] for uri, folders in images.items()},
        )
