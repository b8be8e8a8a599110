"""The value axis, for any floats."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.pages.charts.scale import ValueScale, domain_of, round_ticks, spread_apart

any_value = st.none() | st.floats()


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0.0, 1.0, 5, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (-3.3, 3.3, 5, [-2.0, 0.0, 2.0]),
        (34_000, 52_000, 5, [35_000, 40_000, 45_000, 50_000]),
        (0.0, 0.29, 6, [0.0, 0.05, 0.1, 0.15, 0.2, 0.25]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert round_ticks(low, high, most) == pytest.approx(ticks)


@given(st.lists(any_value))
def test_a_domain_holds_all_that_can_be_drawn_and_has_three_ticks(values: list[float | None]) -> None:
    low, high = domain_of(values)
    assert math.isfinite(high - low)
    assert low < high
    scale = ValueScale(low, high, floor=114, ceiling=12)
    for value in values:
        if value is not None and abs(value) <= 5e307:
            assert scale.holds(value)
            assert 12 <= scale.at(value) <= 114
    ticks = round_ticks(low, high, 5)
    assert 2 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))
    assert all(low <= tick <= high for tick in ticks)


@pytest.mark.parametrize(
    ("values", "domain"),
    [
        ([], (0, 1)),
        ([None, math.nan, math.inf], (0, 1)),
        ([0.0], (-1, 1)),
        ([10.0, 10.0], (9.5, 10.5)),
        ([-2.0], (-2.1, -1.9)),
    ],
)
def test_one_value_or_none_has_a_domain_too(values: list[float | None], domain: tuple[float, float]) -> None:
    assert domain_of(values) == pytest.approx(domain)


@given(st.lists(st.floats(12, 114), max_size=8).map(sorted))
def test_labels_do_not_cover_each_other(places: list[float]) -> None:
    moved = spread_apart(places, 11, 114)
    assert all(later - earlier >= 11 - 1e-9 for earlier, later in pairwise(moved))
    assert not moved or moved[-1] <= 114


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread_apart([20, 60, 100], 11, 114) == [20, 60, 100]
    assert spread_apart([50, 52], 11, 114) == [50, 61]
