"""An environment of its own for what somebody installs, and the package that is built for it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.server_process import ROOT

SECONDS = 600
_SOURCES = (
    *("LICENSE", "MANIFEST.in", "NOTICE", "README.md", "pyproject.toml", "requirements.txt"),
    *("package", "scouter", "scouter.py", "sql"),
)


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What it printed. Raises with it when it failed."""
    ran = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout[-2000:]}\n{ran.stderr[-4000:]}"
    return ran.stdout


def build(directory: Path) -> dict[str, Path]:
    """`sdist`, and `wheel` made from it. From a copy: a build leaves files among the sources."""
    sources = directory / "sources"
    sources.mkdir(parents=True)
    run("cp", "-r", *(ROOT / name for name in _SOURCES), sources)
    run(sys.executable, "-m", "build", "--outdir", directory, sources)
    (sdist,), (wheel,) = directory.glob("*.tar.gz"), directory.glob("*.whl")
    return {"sdist": sdist, "wheel": wheel}


class Environment:
    """A virtual environment."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.python = directory / "bin" / "python"
        run(sys.executable, "-m", "venv", directory)

    def pip(self, *arguments: str) -> str:
        return run(self.python, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments)

    def install(self, *wanted: str) -> None:
        self.pip("install", "--quiet", "--no-compile", "--only-binary=:all:", *wanted)

    def digests(self, distribution: str) -> dict[str, str]:
        """Of every file that pip says belongs to it; "" where it is missing."""
        listed = self.pip("show", "--files", distribution).partition("Files:\n")[2].split("\n")
        (packages,) = self.directory.glob("lib/python3*/site-packages")
        files = [packages / line.strip() for line in listed if line.strip() and "__pycache__" not in line]
        return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "" for file in files}
