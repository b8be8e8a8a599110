"""The jars of a Kafka broker: pinned in `kafka_jars.txt`, fetched once from Maven Central into `.cache/kafka`.

Needs nothing but the standard library: `scripts/kafka-jars` runs it as a program.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "kafka"
PINNED = Path(__file__).with_suffix(".txt")
# A mirror is named as for the Maven wrapper; proxies as urllib knows them.
REPOSITORY = os.environ.get("MVNW_REPOURL", "https://repo1.maven.org/maven2").rstrip("/")
_FETCH_SECONDS = 120
_AT_ONCE = 4


class JarNotFetched(Exception):
    """A jar could not be had; the text says which and why."""


@dataclass(frozen=True)
class Jar:
    """`path` is where a Maven repository keeps it."""

    sha256: str
    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def pinned_jars() -> list[Jar]:
    lines = PINNED.read_text().splitlines()
    return [Jar(*line.split()) for line in lines if line and not line.startswith("#")]


def kafka_version() -> str:
    found = re.search(r"/kafka_2\.13/([^/]+)/", PINNED.read_text())
    assert found is not None
    return found[1]


def jar_files() -> list[Path]:
    """Where the jars are, or will be once they are fetched."""
    return [CACHE / kafka_version() / jar.name for jar in pinned_jars()]


def class_archive() -> Path:
    """What `kafka_classes` makes of them, once it has."""
    return CACHE / kafka_version() / "classes.jsa"


def fetch_jars() -> list[Path]:
    """Fetch what is not there. Safe to be called by several processes at once. Raises `JarNotFetched`."""
    directory = CACHE / kafka_version()
    with _locked(directory):
        absent = [jar for jar in pinned_jars() if not (directory / jar.name).exists()]
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch jar") as threads:
            list(threads.map(lambda jar: _fetch(jar, directory), absent))
    return jar_files()


def _fetch(jar: Jar, directory: Path) -> None:
    address = f"{REPOSITORY}/{jar.path}"
    try:
        with urllib.request.urlopen(address, timeout=_FETCH_SECONDS) as answer:
            content = answer.read()
    except OSError as error:
        raise JarNotFetched(f"{address}: {error}") from error
    if hashlib.sha256(content).hexdigest() != jar.sha256:
        raise JarNotFetched(f"{address} is not the file that {PINNED.name} names: its SHA-256 differs")
    half = directory / f"{jar.name}.half"
    half.write_bytes(content)
    half.rename(directory / jar.name)  # last: what bears the name is whole and right


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Holds an exclusive lock; it ends with the process, however that ends."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    try:
        fetch_jars()
    except JarNotFetched as failure:
        print(f"the jars of Kafka {kafka_version()} cannot be fetched: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
