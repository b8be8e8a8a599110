"""Writes NOTICE: whose work goes into the one-file server and the images, and under which licences.

    scripts/notice            writes NOTICE from what is installed
    scripts/notice --check    exit status 1 when it says something else

The Python packages are what pyproject.toml asks for with all extras, and what that asks for. What is compiled stands in
package/native_libraries.py.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from package.native_libraries import NATIVE, PROGRAMS, native_work

ROOT = Path(__file__).resolve().parents[1]
COPYLEFT = ("GPL", "MPL")  # LGPL among them
_TITLE = "Scouter for Python\nLicensed under the Apache License, Version 2.0: see LICENSE.\n"
# Packages that say less than they could.
_SAID_ELSEWHERE = {
    "datafusion": "Apache-2.0",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "isodate": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "lz4": "BSD-3-Clause",
}
_OLD_NAMES = {"Apache 2.0": "Apache-2.0", "3-Clause BSD License": "BSD-3-Clause",
              "MIT License": "MIT", "ZPL 2.1": "ZPL-2.1"}  # fmt: skip


def packages() -> list[Distribution]:
    """What is installed of what the package asks for with all extras, and of what that asks for in turn."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *(each for name in extras if name != "all" for each in extras[name])]
    found: dict[tuple[str, frozenset[str]], Distribution] = {}
    waiting = [Requirement(each) for each in asked]
    while waiting:
        wanted = waiting.pop()
        key = (canonical(wanted.name), frozenset(wanted.extras))
        if key not in found:
            found[key] = distribution(wanted.name)
            waiting += _required(found[key], wanted.extras)
    by_name = {name: each for (name, _), each in found.items()}
    return [by_name[name] for name in sorted(by_name)]


def _required(by: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    for text in by.requires or []:
        wanted = Requirement(text)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield wanted


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(package: Distribution) -> str:
    """By its SPDX name where there is one. Raises LookupError when the package says nothing."""
    name = canonical(package.metadata["Name"])
    said = _SAID_ELSEWHERE.get(name) or package.metadata["License-Expression"] or package.metadata["License"]
    if not said:
        raise LookupError(f"{name} does not say under which licence it is: look, and say so in {__file__}")
    return _OLD_NAMES.get(said, said)


def libraries(package: Distribution) -> set[str]:
    """Shared libraries of others that were packed with it."""
    return {file.name for file in package.files or [] if file.parts[0].endswith(".libs") and ".so" in file.name}


def notice() -> str:
    """The text of NOTICE. Raises LookupError for a bundled library that stands in no row."""
    used = packages()
    rows = [(f"{canonical(each.metadata['Name'])} {each.version}", licence(each)) for each in used]
    for library in sorted(set().union(*(libraries(each) for each in used))):
        if native_work(library) is None:
            raise LookupError(f"whose is {library}? Say so in package/native_libraries.py")
    works = [(work.name, work.licence) for work in (*NATIVE, *PROGRAMS)]
    copyleft = [row for row in (*rows, *works) if any(name in row[1] for name in COPYLEFT)]
    return "\n".join(
        (
            _TITLE,
            "The one-file server and the images contain the work of others. Their licence texts are in the directories",
            "*.dist-info of the Python packages, and at https://spdx.org/licenses. An image on a distribution has",
            "packages of that one too, under the licences that they name.\n",
            *_section("Under a licence of the GNU family or the MPL", copyleft),
            *_section("Python packages, as resolved on Python 3.11 (some have notices of their own within them)", rows),
            *_section("Compiled libraries and programs", works),
        )
    )  # fmt: skip


def _section(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"{title}:\n"
    yield from (f"  {name:<56} {text}" for name, text in rows)
    yield ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    file = ROOT / "NOTICE"
    if not parser.parse_args().check:
        file.write_text(notice())
        return 0
    if file.exists() and file.read_text() == notice():
        return 0
    sys.stderr.write("NOTICE is not what is installed: scripts/notice writes it\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
