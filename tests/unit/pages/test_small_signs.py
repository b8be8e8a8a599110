"""Marks, meters and strips."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.pages.charts.small import mark, meter, strip

OUTCOMES = ("ok", "alert", "failed", "no_data")


def _parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own text


def test_every_state_has_a_shape_of_its_own() -> None:
    shapes = {mark(state).partition(">")[2] for state in ("ok", "alert", "failed", "no_data", "new", "off")}
    assert len(shapes) == 6


def test_a_state_that_is_not_known_is_neither_an_error_nor_markup() -> None:
    assert _parsed(mark('"><script>')).get("class") == "mark off"


@pytest.mark.parametrize(
    ("distance", "beyond", "inside", "over"),
    [
        (None, False, 0, 0),
        (0.5, False, 24, 0),
        (1.0, False, 48, 0),
        (1.5, False, 48, 24),
        (7.0, False, 48, 48),
        (None, True, 48, 48),
        (math.nan, False, 0, 0),
        (math.inf, False, 48, 48),
        (-1.0, False, 0, 0),
    ],
)
def test_a_meter_has_the_limit_in_its_middle(distance: float | None, beyond: bool, inside: float, over: float) -> None:
    widths = {each.get("class"): float(each.get("width") or 0) for each in _parsed(meter(distance, beyond=beyond))}
    assert widths["in"] == inside
    assert widths.get("over", 0) == over


def test_a_strip_is_one_path_an_outcome() -> None:
    made = strip(["ok"] * 20 + ["alert", "alert", "ok", "alert"])
    assert [each.get("class") for each in _parsed(made)] == ["ok", "alert"]
    assert _parsed(made).get("aria-label") == "Last 24 checks, oldest first: 3 alerted, 21 fine"
    assert len(made) < 400


@given(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=40))
def test_a_strip_shows_each_of_the_last_24_at_its_place(outcomes: list[str]) -> None:
    cells: dict[int, str] = {}
    for path in _parsed(strip(outcomes)):
        for left, length in re.findall(r"M(\d+) [\d.]+h(\d+)", path.get("d") or ""):
            for cell in range(int(left) // 7, (int(left) + int(length) + 2) // 7):
                assert cell not in cells
                cells[cell] = path.get("class") or ""
    last = outcomes[-24:]
    assert [cells[cell] for cell in sorted(cells)] == last
    assert max(cells) == 23


def test_without_checks_a_strip_says_so() -> None:
    assert strip([]) == '<span class="dim">none yet</span>'
