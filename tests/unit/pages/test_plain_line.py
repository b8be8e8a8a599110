"""A line without limits: from zero on, whatever comes."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from scouter.pages.charts.frame import LARGE, SMALL, Size
from scouter.pages.charts.plain_line import LineChart, line_chart
from scouter.pages.charts.series import Series, Window

WINDOW = Window(0.0, 6000.0)


def drawn(series: Series, size: Size = SMALL, name: str = "/predict") -> str:
    return str(line_chart(LineChart("Requests a minute", name, WINDOW, series), size, "r0c0"))


def test_it_begins_at_zero_and_says_its_numbers() -> None:
    chart = drawn(Series([0, 60, 120], [5.0, 7.0, 6.0], bin_seconds=60))
    assert 'data-low="0"' in chart
    assert "Requests a minute of /predict, " in chart
    assert "Last value 6. Highest 7. Each value is of 1 min." in chart


def test_gaps_stay_gaps() -> None:
    chart = drawn(Series([0, 60, 600, 660], [1.0, 2.0, 3.0, 4.0], bin_seconds=60))
    [line] = re.findall(r'class="line" d="([^"]+)"', chart)
    assert line.count("M") == 2


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("values", [[], [None, None], [math.nan, math.inf], [0.0, 0.0], [1e308, 2.0], [1e-300, 0.0]])
def test_anything_is_survived(values: list[float | None], size: Size) -> None:
    chart = drawn(Series([60.0 * n for n in range(len(values))], values, bin_seconds=60), size, "<svg onload=x>\u202e")
    ElementTree.fromstring(chart)  # noqa: S314  # it is our own
    assert "nan" not in chart
    assert "<svg onload" not in chart
    if not any(value is not None and math.isfinite(value) for value in values):
        assert "No values from" in chart
