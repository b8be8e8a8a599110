"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.pages.text.numbers import byte_size, count, counted, number, share, tick_texts, times_the_limit

THIN, MINUS = "\u202f", "\u2212"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (41.2, "41.2"),
        (0.265, "0.265"),
        (0.26512, "0.2651"),
        (50910.4, f"50{THIN}910"),
        (1234567.8, f"1{THIN}234{THIN}568"),
        (-3.5, f"{MINUS}3.5"),
        (9.99999, "10"),
        (0.0001, "0.0001"),
        (0.00001234, f"1.234e{MINUS}5"),
        (1e7, "1e7"),
        (-3.2e9, f"{MINUS}3.2e9"),
        (1e308, "1e308"),
        (5e-324, f"4.941e{MINUS}324"),
        (math.nan, "not a number"),
        (math.inf, "∞"),
        (-math.inf, f"{MINUS}∞"),
        (None, "–"),
    ],
)
def test_a_number_has_four_digits_that_count(value: float | None, text: str) -> None:
    assert number(value) == text


@given(st.floats(min_value=1e-4, max_value=1e7, exclude_max=True))
def test_between_a_tenthousandth_and_ten_million_no_number_has_an_exponent_or_is_far_off(value: float) -> None:
    text = number(value)
    assert "e" not in text
    assert math.isclose(float(text.replace(THIN, "")), value, rel_tol=6e-4)


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([0.0, 0.05, 0.1], ["0.00", "0.05", "0.10"]),
        ([0.0, 1.0, 2.0], ["0", "1", "2"]),
        ([-2.0, 0.0, 2.0], [f"{MINUS}2", "0", "2"]),
        ([35_000.0, 40_000.0], [f"35{THIN}000", f"40{THIN}000"]),
        ([1.25, 1.5, 1.75], ["1.25", "1.50", "1.75"]),
        ([1e300, 2e300], ["1e300", "2e300"]),
        ([-1e9, 0.0, 1e9], [f"{MINUS}1e9", "0", "1e9"]),
        ([], []),
    ],
)
def test_the_numbers_of_an_axis_have_equally_many_digits(ticks: list[float], texts: list[str]) -> None:
    assert tick_texts(ticks) == texts


@pytest.mark.parametrize(
    ("part", "text"),
    [(0.08, "8"), (0.2413, "24.1"), (0.00412, "0.41"), (0.00001, "< 0.01"), (0.99999, "> 99.99"), (0, "0"), (1, "100")],
)
def test_a_share_is_a_percentage_that_is_never_nothing_or_all_by_rounding(part: float, text: str) -> None:
    assert share(part) == f"{text}{THIN}%"


def test_shares_that_are_no_numbers_say_so() -> None:
    assert (share(None), share(math.nan)) == ("–", "not a number")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (41, "41 B"), (999, "999 B"), (1000, "1 kB"), (1234, "1.2 kB"), (99_960, "100 kB"), (999_600, "1 MB")],
)
def test_bytes_are_counted_in_thousands(size: int, text: str) -> None:
    assert byte_size(size) == text


def test_counts_agree_with_their_nouns() -> None:
    assert counted(1, "check", "checks") == "1 check"
    assert counted(96000, "record", "records") == f"96{THIN}000 records"
    assert count(0) == "0"


@pytest.mark.parametrize(
    ("distance", "beyond", "text"),
    [
        (1.62, False, "1.62 ×"),
        (0.0, False, "0.00 ×"),
        (12.345, False, "12.35 ×"),
        (None, False, "–"),
        (None, True, "beyond"),
        (math.inf, False, "beyond"),
        (math.nan, False, "–"),
    ],
)
def test_distances_are_in_times_the_limit(distance: float | None, beyond: bool, text: str) -> None:
    assert times_the_limit(distance, beyond=beyond) == text
