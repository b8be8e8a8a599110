"""The stylesheet and the script: small, our own, and readable in both themes."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

STATIC = Path(__file__).parents[3] / "scouter/pages/static"
CSS, SCRIPT = ((STATIC / name).read_text("utf-8") for name in ("page.css", "page.js"))
COLORS = dict(re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]+, #[0-9a-f]+)\)", CSS))
TEXT_ON_GROUND = [
    *(
        (text, ground)
        for text in ("ink", "dim", "link")
        for ground in ("page", "soft", "bad-soft", "warn-soft", "good-soft")
    ),
    *((text, "page") for text in ("bad", "warn", "good", "off", "line")),
    *(("page", ground) for ground in ("bad", "line", "ink")),
    ("dim", "band3"),
    ("ink", "band2"),
]
SHAPES_ON_GROUND = [
    ("edge", "page"),
    ("line", "page"),
    ("bad", "page"),
    ("base", "page"),
    ("off", "page"),
    ("line", "band1"),
]


def _luminance(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str, theme: int) -> float:
    """WCAG 2.2, 1.4.3."""
    light, dark = sorted((_luminance(COLORS[name].split(", ")[theme]) for name in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert _contrast(text, ground, theme) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES_ON_GROUND)
def test_shapes_can_be_told_from_their_ground(shape: str, ground: str, theme: int) -> None:
    assert _contrast(shape, ground, theme) >= 3


def test_every_color_that_is_used_is_declared() -> None:
    declared = set(re.findall(r"--([a-z0-9-]+):", CSS))
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", CSS)) == declared


def test_nothing_is_loaded_from_elsewhere_and_no_text_becomes_markup() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS
    assert not re.search(r"import\s*\(|https?://(?!www\.w3\.org/2000/svg)", SCRIPT)
    assert not re.search(
        r"\beval\b|\.innerHTML\s*=[^=]|setAttribute\(.style|insertAdjacentHTML|document\.write", SCRIPT
    )


def test_script_and_style_are_small() -> None:
    assert len(CSS.encode()) + len(SCRIPT.encode()) < 30_000


def test_the_icon_is_a_picture() -> None:
    assert ElementTree.parse(STATIC / "icon.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314


def test_no_line_of_the_stylesheet_is_anything_else() -> None:
    """A browser leaves out what it cannot read, and says nothing: the rest of a merge ate the rules behind it."""
    depth = 0
    for line in re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL).splitlines():
        assert re.fullmatch(r"[\w\s.,:;#(){}\[\]%@*>+~!='\"/|-]*", line), line
        assert not re.match(r"[<=>|]{3}", line), line
        depth += line.count("{") - line.count("}")
        assert depth >= 0, line
    assert depth == 0
