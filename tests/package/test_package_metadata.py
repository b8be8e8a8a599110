"""What pyproject.toml says of the package agrees with the sources and with what is installed for the tests."""

from __future__ import annotations

import re
import tomllib

import pytest

from scouter.version import VERSION
from tests.server_process import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_REQUIREMENT = re.compile(r"([A-Za-z0-9._\[\]-]+?)[=>]=([\w.]+)")


def bounds(requirements: list[str]) -> dict[str, str]:
    """The version after each name, exact or the least that will do."""
    found = [_REQUIREMENT.match(line) for line in requirements if line[:1].isalnum()]
    return {match[1].lower(): match[2] for match in found if match}


def declared() -> list[str]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *(each for name, extra in extras.items() if name != "all" for each in extra)]


def test_the_list_of_packages_is_complete() -> None:
    """A package that is not in it is missing from the wheel, where nobody sees it in a clone."""
    sources = {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "scouter").rglob("*.py")}
    expected = {"scouter_server", "scouter_server.app", "scouter_server.app.sql"}
    listed = PROJECT["tool"]["setuptools"]["packages"]
    assert set(listed) == expected | {f"scouter_server.app.{name}" for name in sources}
    assert len(listed) == len(set(listed))


def test_the_package_asks_for_what_the_tests_install() -> None:
    short = ROOT / "requirements.in"  # the short list, where requirements.txt is a full lock
    installed = (short if short.exists() else ROOT / "requirements.txt").read_text().splitlines()
    assert bounds(declared()) == bounds(installed)


def test_all_is_every_extra() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert extras["all"] == [f"scouter-server[{','.join(name for name in extras if name != 'all')}]"]


def test_the_version_stands_in_one_place() -> None:
    assert "version" in PROJECT["project"]["dynamic"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "scouter.version.VERSION"}
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", VERSION)


@pytest.mark.parametrize("line", ["numpy>=2.4.6", "psycopg[binary]==3.3.9", "crc32c>=2.9.post0"])
def test_a_bound_is_read_with_its_name(line: str) -> None:
    assert list(bounds([line])) == [re.split("[=>]=", line)[0]]
