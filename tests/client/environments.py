"""One virtual environment for each published client version, made once in `.cache/clients/<version>`.

Needs nothing but the standard library: `scripts/client-environments` runs it as a program.
"""

from __future__ import annotations

import fcntl
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "clients"
VERSIONS = ("0.6.4", "0.9.0", "0.25.0")
_BESIDES = ("numpy==2.4.6", "polars==2.1.0")  # known to work with all three
_MAKING_SECONDS = 600


class EnvironmentNotMade(Exception):
    """An environment could not be made; the text says why."""


def client_python(version: str, cache: Path = CACHE) -> Path:
    """The interpreter of the environment that holds `scouter-ml==version`. Made first if it is not there, or not whole.

    Safe to be called by several processes at once: one makes it, the others wait.
    """
    directory = cache / version
    python = directory / "bin" / "python"
    with _locked(cache / f"{version}.lock"):
        if _stamp(directory) != _wanted(version) or not python.exists():
            _make(directory, version)
    return python


def _make(directory: Path, version: str) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(directory)])
    pip = [str(directory / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    _run([*pip, "--quiet", "--no-compile", "--only-binary=:all:", *_requirements(version)])
    half = directory / "stamp.half"
    half.write_text(_wanted(version))
    half.rename(_stamp_file(directory))  # last: an environment without its stamp is made again


def _run(command: list[str]) -> None:
    try:
        subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=_MAKING_SECONDS
        )
    except subprocess.CalledProcessError as failure:
        raise EnvironmentNotMade(f"{' '.join(command)}\n{failure.output[-2000:]}") from failure
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise EnvironmentNotMade(str(failure)) from failure


def _requirements(version: str) -> list[str]:
    return [f"scouter-ml=={version}", *_BESIDES]


def _wanted(version: str) -> str:
    """What the stamp of a whole environment says. The older wheels are built per Python version."""
    return "\n".join([f"Python {platform.python_version()}", *_requirements(version)]) + "\n"


def _stamp_file(directory: Path) -> Path:
    return directory / "stamp"


def _stamp(directory: Path) -> str | None:
    file = _stamp_file(directory)
    return file.read_text() if file.exists() else None


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Holds an exclusive lock; it ends with the process, however that ends."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    for version in VERSIONS:
        try:
            print(f"scouter-ml {version}: {client_python(version)}")
        except EnvironmentNotMade as failure:
            print(f"scouter-ml {version}: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
