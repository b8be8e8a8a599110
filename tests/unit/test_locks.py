"""The locks: whole, made from the short lists, and what is installed."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LISTS = ("requirements", "requirements-dev")
MADE_BY_VENV = {"pip", "setuptools", "wheel"}
HASH = re.compile(r" --hash=sha256:[0-9a-f]{64}(?= |$)")


@cache
def locked(name: str) -> dict[str, Requirement]:
    """By canonical name; every one has hashes and one exact version."""
    found: dict[str, Requirement] = {}
    text = (ROOT / f"{name}.txt").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if not line or line.lstrip().startswith("#"):
            continue
        asked, *_ = line.partition(" --hash=")
        assert HASH.findall(line), asked
        assert not HASH.sub("", line.removeprefix(asked)).strip(), line
        requirement = Requirement(asked)
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), asked
        assert found.setdefault(canonicalize_name(requirement.name), requirement) is requirement, "two versions"
    return found


def asked_for(name: str) -> dict[str, Requirement]:
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    asked = [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]
    return {canonicalize_name(each.name): each for each in asked}


def installed() -> dict[str, Distribution]:
    return {canonicalize_name(each.metadata["Name"]): each for each in distributions()}


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_was_made_from_the_list_beside_it(name: str) -> None:
    sources = b"".join((ROOT / f"{each}.in").read_bytes() for each in ("requirements", name))
    checksum = subprocess.run(["cksum"], input=sources, capture_output=True, check=True).stdout.split()[0].decode()
    first = (ROOT / f"{name}.txt").read_text().partition("\n")[0]
    assert first == f"# Made by scripts/lock from {name}.in, cksum {checksum}.", "run scripts/lock"


@pytest.mark.parametrize("name", LISTS)
def test_what_a_list_names_is_locked_in_that_version(name: str) -> None:
    for package, asked in asked_for(name).items():
        assert locked(name)[package].specifier == asked.specifier, package


def test_tests_run_on_what_the_server_runs_on() -> None:
    for name, requirement in locked("requirements").items():
        assert locked("requirements-dev")[name] == requirement


@pytest.mark.parametrize("name", LISTS)
def test_everything_that_is_needed_is_in_the_lock(name: str) -> None:
    """Of what is installed here: the packages' own word is followed from the short lists on."""
    there, lock = installed(), locked(name)
    waiting = [(package, each.extras) for package, each in asked_for(name).items()]
    if name == "requirements-dev":
        waiting += [(package, each.extras) for package, each in asked_for("requirements").items()]
    seen = set()
    while waiting:
        package, extras = waiting.pop()
        if (package, frozenset(extras)) in seen:
            continue
        seen.add((package, frozenset(extras)))
        assert package in lock
        for needed in map(Requirement, there[package].requires or []):
            wanted = [needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)] if needed.marker else [True]
            if any(wanted):
                waiting.append((canonicalize_name(needed.name), needed.extras))


def test_an_installation_is_what_the_lock_says() -> None:
    wanted = {
        name: str(requirement.specifier).removeprefix("==")
        for name, requirement in locked("requirements-dev").items()
        if requirement.marker is None or requirement.marker.evaluate()
    }
    there = {name: each.version for name, each in installed().items() if name not in MADE_BY_VENV - set(wanted)}
    assert there == wanted
