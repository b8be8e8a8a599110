"""Links and anchors of every page lead somewhere, and pictures can be seen."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.documentation.pages import DOCS, ROOT, anchors_of, is_there, links_of, pages

_OUTSIDE = ("http://", "https://", "mailto:")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        if link.startswith(_OUTSIDE):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert is_there(str(target.relative_to(ROOT))), f"there is no {link}"
        assert not anchor or anchor in anchors_of(target), f"there is no heading for {link}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        seen.add(page)
        for link in links_of(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.exists() and target not in seen and not link.startswith(_OUTSIDE):
                ahead.append(target)
    assert {page for page in DOCS.rglob("*.md") if page not in seen} == set()


@pytest.mark.parametrize("picture", sorted(DOCS.rglob("*.svg")), ids=lambda picture: picture.name)
def test_a_picture_stands_alone_and_has_words_and_a_dark_form(picture: Path) -> None:
    text = picture.read_text()
    root = ElementTree.fromstring(text)  # noqa: S314  # our own file
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert {"title", "desc"} <= names
    assert names.isdisjoint({"script", "image", "foreignObject"})
    assert "prefers-color-scheme: dark" in text
    assert text.count("http") == 1, "only the namespace"
