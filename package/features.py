"""Prints the lock without what is there only for features that are not wanted.

    python package/features.py FEATURES <requirements.txt     of kafka, rabbitmq, s3, gcs and azure, separated by commas

Features are the extras of the package. Needs no library itself.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

Extras = Mapping[str, list[str]]
_PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
_ASKED_FOR = "-r requirements.in"


def wanted(lock: str, features: set[str], extras: Extras) -> str:
    """What stays of a lock as uv writes it: each package names, as `via`, those that ask for it. Raises ValueError."""
    if unknown := features - set(extras):
        raise ValueError(f"there is no feature {', '.join(sorted(unknown))}; there are {', '.join(extras)}")
    kept = {name for feature in features for name in _names(extras[feature])}
    left_out = {name for each in extras.values() for name in _names(each)} - kept
    packages = dict(_packages(lock))
    asked_by = {name: _asked_by(text) for name, text in packages.items()}
    gone: set[str] = set()
    while more := {
        name
        for name, askers in asked_by.items()
        if name not in gone and askers <= gone | ({_ASKED_FOR} if name in left_out else set())
    }:
        gone |= more
    return "".join(text for name, text in packages.items() if name not in gone)


def _packages(lock: str) -> Iterator[tuple[str, str]]:
    """Name and lines of each package."""
    for text in re.split(r"^(?=[a-z0-9])", lock, flags=re.M | re.I):
        if not text.startswith("#"):
            yield _name(text), text


def _asked_by(text: str) -> set[str]:
    comment = text.partition("# via")[2]
    return {line.strip(" #") for line in comment.splitlines()} - {""}


def _names(requirements: list[str]) -> set[str]:
    return {_name(each) for each in requirements}


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def extras() -> Extras:
    found: dict[str, list[str]] = tomllib.loads(_PYPROJECT.read_text())["project"]["optional-dependencies"]
    return {name: requirements for name, requirements in found.items() if name != "all"}


def main() -> int:
    try:
        sys.stdout.write(wanted(sys.stdin.read(), {name for name in sys.argv[1].split(",") if name}, extras()))
    except ValueError as mistake:
        sys.stderr.write(f"{mistake}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
