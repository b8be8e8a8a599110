"""The architecture page names files that exist, and all rooms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
MAX_LINES = 250

_NAMED = re.compile(r"`([\w./-]+(?:\.py|\.md|\.toml|/))`")


def named_files() -> list[str]:
    """A bare name is of the folder that was named before it, on the same line or one of the last few."""
    found, folder = [], ""
    for name in _NAMED.findall(PAGE):
        if "/" in name:
            found.append(name)
            folder = name.rpartition("/")[0] + "/" if name.startswith("scouter/") else folder
        elif name in {"scouter.py", "pyproject.toml", "__init__.py"}:
            continue
        else:
            found.append(folder + name)
    return found


@pytest.mark.parametrize("name", sorted(set(named_files())))
def test_every_file_that_the_page_names_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_every_room_is_on_the_page() -> None:
    rooms = {path.parent.name for path in (ROOT / "scouter").glob("*/__init__.py")}
    assert {room for room in rooms if f"`scouter/{room}/`" not in PAGE} == set()


def test_the_page_stays_short_enough_to_be_read() -> None:
    assert len(PAGE.splitlines()) <= MAX_LINES
