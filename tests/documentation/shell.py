"""The shell blocks of a page, run one after the other as a reader would, against a server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.server_process import ServerProcess

_DONE = "--- the block is done ---"
# Errors over HTTP are errors of the block, unless its mark says that it is refused.
_STRICT = 'curl() { command curl --fail-with-body "$@"; }\n'
_MEEK = "unset -f curl\n"


class PageShell:
    """One shell for a page: what a block sets, those behind it have. `programs` come first in its PATH."""

    def __init__(self, server: ServerProcess, directory: Path, programs: Path, environment: Mapping[str, str]) -> None:
        self._server = server
        self._directory = directory
        self._environment = {**environment, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            ["bash", "-eu", "-o", "pipefail"],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, text: str, *, refused: bool = False) -> str:
        """What it printed. `refused`: what it asks for over HTTP is answered with errors."""
        assert self._process.stdin is not None
        self._process.stdin.write((_MEEK if refused else _STRICT) + self._here(text) + f"\necho; echo '{_DONE}'\n")
        self._process.stdin.flush()
        printed, done = self._until_done()
        assert done, f"{text}\nprinted\n{printed}\n{self._server.log[-4000:]}"
        return printed

    def _until_done(self) -> tuple[str, bool]:
        assert self._process.stdout is not None
        printed = ""
        for line in self._process.stdout:
            if line.strip() == _DONE:
                return printed, True
            printed += line
        return printed, False

    def _here(self, text: str) -> str:
        port = self._server.port
        return text.replace("localhost:8000", f"127.0.0.1:{port}").replace("localhost:8001", f"127.0.0.1:{port + 1}")
