"""The guide to the pages knows all of them, and shows them as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documentation.pages import ROOT
from tests.documentation.surface import page_addresses
from tests.screenshots.__main__ import FOLDER, MOST_BYTES

GUIDE = ROOT / "docs" / "guides" / "page.md"
SHOWN = re.compile(r"\((?:\.\./|docs/)pictures/([\w-]+\.png)\)")


def test_every_page_is_in_the_table_and_none_that_is_not_there() -> None:
    table = GUIDE.read_text().partition("| address | what for | who |")[2].partition("\n\n")[0]
    named = [address for row in table.splitlines()[2:] for address in re.findall(r"`(/[^`]*)`", row.split("|")[1])]
    assert len(named) == len(set(named))
    assert set(named) == page_addresses()


@pytest.mark.parametrize("picture", sorted(FOLDER.glob("*.png")), ids=lambda picture: picture.name)
def test_a_picture_is_no_burden(picture: Path) -> None:
    assert picture.stat().st_size < MOST_BYTES


def test_the_pictures_that_are_shown_are_there() -> None:
    shown = {name for page in (GUIDE, ROOT / "README.md") for name in SHOWN.findall(page.read_text())}
    assert shown <= {picture.name for picture in FOLDER.glob("*.png")}
    assert len(SHOWN.findall((ROOT / "README.md").read_text())) == 2
