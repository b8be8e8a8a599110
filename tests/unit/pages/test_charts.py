"""Charts: whatever goes in, what comes out is XML that says and draws it, without styles, scripts or harm."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from scouter.pages.charts.bin_shares import BinShare, bin_bars
from scouter.pages.charts.custom import MetricChart, custom_chart
from scouter.pages.charts.frame import LARGE, SMALL, Size
from scouter.pages.charts.picture import stand_alone
from scouter.pages.charts.psi import PsiChart, psi_chart
from scouter.pages.charts.series import CheckSpan, Series, Window
from scouter.pages.charts.spc import ControlChart, spc_chart

BERLIN = ZoneInfo("Europe/Berlin")
START = 1_795_100_400  # 19 Nov 2026 16:00 in Berlin
HOUR = 3600
WEEK = Window(START, START + 168 * HOUR, BERLIN)
LIMITS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
HARMFUL = '<svg onload="alert(1)">\u202e"\'&\x00</title>' + "x" * 10_000


def _spc(series: Series, alerts: Sequence[CheckSpan] = (), size: Size = LARGE, window: Window = WEEK) -> Markup:
    return spc_chart(ControlChart("income", window, series, LIMITS, alerts), size, "c1")


def _hours(values: Sequence[float | None], first: int = 0) -> Series:
    return Series([START + (first + hour) * HOUR for hour in range(len(values))], values, bin_seconds=HOUR)


def _check(first: int, last: int | None = None) -> CheckSpan:
    return CheckSpan(START + first * HOUR, START + (first + 1 if last is None else last) * HOUR)


def _shapes(chart: str, name: str) -> list[ElementTree.Element]:
    return [each for each in _parsed(chart).iter() if each.get("class") == name]


def _parsed(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart)  # noqa: S314 - our own text


def _only(chart: str, name: str) -> ElementTree.Element:
    (shape,) = _shapes(chart, name)
    return shape


def _text(chart: str, tag: str) -> str:
    return next(each.text or "" for each in _parsed(chart).iter() if each.tag == tag)


def test_a_control_chart_says_its_numbers_in_words() -> None:
    chart = _spc(_hours([0.5] * 168), [_check(3)])
    assert _text(chart, "title") == "Control chart of income, 19 Nov 16:00 to 26 Nov 16:00"
    assert _text(chart, "desc") == (
        "Center 0, three-sigma limits −3 to 3. Last mean 0.5. Values from 0.5 to 0.5. Each value is of 1 h. "
        "1 check alerted."
    )


def test_a_control_chart_has_bands_limits_and_a_center() -> None:
    chart = _spc(_hours([0.5] * 168))
    assert [len(_shapes(chart, name)) for name in ("band1", "band2", "band3", "center", "limit", "line")] == [
        1,
        1,
        1,
        1,
        2,
        1,
    ]
    assert [each.text for each in _shapes(chart, "label")] == ["+3σ", "center", "−3σ"]


def test_a_missing_bin_breaks_the_line_and_a_lonely_value_is_a_dot() -> None:
    chart = _spc(_hours([1.0, 1.0, None, 1.0, math.nan, 1.0, 1.0, 1.0]))
    line = _only(chart, "line").get("d") or ""
    assert [len(run.split()) for run in line.split("M")[1:]] == [2, 3]
    assert len(_shapes(chart, "lone")) == 1
    assert "Without values in 2 stretches of it." in _text(chart, "desc")


def test_bins_that_are_left_out_of_a_series_are_gaps_too() -> None:
    chart = _spc(Series([START, START + HOUR, START + 5 * HOUR, START + 6 * HOUR], [1, 1, 1, 1], bin_seconds=HOUR))
    assert (_only(chart, "line").get("d") or "").count("M") == 2


def test_lowest_and_highest_are_a_grey_band_with_the_same_gaps() -> None:
    series = _hours([1.0, 1.0, None, 1.0])
    known = Series(series.times, series.values, [0.5, 0.5, None, 0.5], [2.5, 2.0, None, 2.5], HOUR)
    assert (_only(_spc(known), "wash").get("d") or "").count("M") == 2
    assert not _shapes(_spc(series), "wash")


def test_a_check_that_alerted_has_a_dot_at_what_was_furthest_out() -> None:
    values: list[float | None] = [0.0] * 168
    series = Series(_hours(values).times, values, [-1.0] * 168, [*([1.0] * 20), 5.0, *([1.0] * 147)], HOUR)
    dot = _only(_spc(series, [_check(12, 24)]), "alert-dot")
    data = _parsed(_spc(series)).attrib
    low, high, floor, top = (float(data[f"data-{name}"]) for name in ("low", "high", "floor", "top"))
    assert float(dot.get("cy") or 0) == pytest.approx(floor - (5 - low) / (high - low) * (floor - top), abs=0.1)


def test_many_alerts_beside_each_other_are_one_bar() -> None:
    chart = _spc(_hours([4.0] * 168), [_check(5), *(_check(hour) for hour in range(100, 130))])
    assert len(_shapes(chart, "alert-dot")) == 1
    bar = _only(chart, "alert-bar")
    assert [each.text for each in bar] == ["30 checks alerted"]
    assert "31 checks alerted." in _text(chart, "desc")


def test_an_alert_without_a_bin_is_marked_above_the_chart_and_one_beyond_the_window_not_at_all() -> None:
    chart = _spc(_hours([0.0] * 10), [_check(100), _check(-5), _check(500)])
    assert float(_only(chart, "alert-dot").get("cy") or 0) < LARGE.top


def test_one_wild_value_does_not_flatten_the_others() -> None:
    values: list[float | None] = [0.5] * 100
    chart = _spc(Series(_hours(values).times, values, [0.0] * 100, [1.0] * 50 + [1e300] + [1.0] * 49, HOUR))
    assert float(_parsed(chart).attrib["data-high"]) < 20
    assert len(_shapes(chart, "beyond")) == 1
    assert "1 arrow at the edge" in _text(chart, "desc")
    assert "to 1e300" in _text(chart, "desc")


@pytest.mark.parametrize(("size", "most"), [(SMALL, 120), (LARGE, 400)])
def test_more_bins_than_there_is_room_for_are_put_together(size: Size, most: int) -> None:
    times = [START + 60 * minute for minute in range(168 * 60)]
    chart = _spc(Series(times, [0.1] * len(times), [-1.0] * len(times), [1.0] * len(times), 60), size=size)
    values = _parsed(chart).attrib["data-values"].split()
    assert most / 2 < len(values) <= most
    assert set(values) == {"0.1"}


def test_bins_that_are_put_together_keep_the_highest_psi() -> None:
    values = [0.01] * 168
    values[77] = 0.5
    chart = psi_chart(PsiChart("age", WEEK, _hours(values), 0.2, [_check(77)]), SMALL, "c")
    assert "0.5" in _parsed(chart).attrib["data-values"].split()


def test_without_values_a_chart_has_its_limits_and_a_sentence() -> None:
    chart = _spc(Series((), ()))
    assert _only(chart, "empty").text == "No values in this window"
    assert len(_shapes(chart, "limit")) == 2
    assert "data-values" not in _parsed(chart).attrib


def test_psi_begins_at_zero_and_names_its_threshold() -> None:
    chart = psi_chart(PsiChart("age", WEEK, _hours([0.05, 0.06]), 0.2), LARGE, "c")
    assert float(_parsed(chart).attrib["data-low"]) == 0
    assert [each.text for each in _shapes(chart, "label")] == ["threshold 0.2"]
    assert _text(chart, "desc").startswith("Threshold 0.2. Last PSI 0.06. Highest 0.06.")


def test_psi_without_a_threshold_has_no_line_for_it() -> None:
    assert not _shapes(psi_chart(PsiChart("age", WEEK, _hours([0.05, 0.06]), None), SMALL, "c"), "limit")


@pytest.mark.parametrize(
    ("lowest", "highest", "limits"), [(0.7, None, 1), (None, 0.9, 1), (0.7, 0.9, 2), (None, None, 0)]
)
def test_a_metric_has_the_ends_of_its_range(lowest: float | None, highest: float | None, limits: int) -> None:
    chart = custom_chart(MetricChart("ndcg", WEEK, _hours([0.8, 0.81]), 0.8, lowest, highest), LARGE, "c")
    assert len(_shapes(chart, "limit")) == limits
    assert len(_shapes(chart, "allowed")) == (1 if limits else 0)


def test_the_script_is_told_times_and_values() -> None:
    data = _parsed(_spc(_hours([1.0, 1.25, None, 2.0]))).attrib
    assert (data["data-first"], data["data-step"], data["data-values"], data["data-at"]) == (
        str(START),
        "3600",
        "1 1.25 2",
        "0 1 3",
    )
    assert "data-at" not in _parsed(_spc(_hours([1.0, 2.0]))).attrib


def test_a_document_that_stands_alone_names_its_stylesheet_and_is_readable_without_it() -> None:
    text = stand_alone(_spc(_hours([1.0] * 5), [_check(2)]), "/scouter/ui/static/page-1.css?a&b")
    assert '<?xml-stylesheet type="text/css" href="/scouter/ui/static/page-1.css?a&amp;b"?>' in text
    root = _parsed(text.partition("?>\n")[2].partition("?>\n")[2])
    assert (root.tag, root.get("width"), root.get("height")) == ("{http://www.w3.org/2000/svg}svg", "1000", "210")
    drawn = [each for each in root.iter() if each.get("class") and not (each.get("class") or "").startswith("chart")]
    assert all(each.get("fill") or each.get("stroke") for each in drawn)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_names_that_mean_harm_are_text(size: Size) -> None:
    charts = [
        spc_chart(ControlChart(HARMFUL, WEEK, _hours([1.0]), LIMITS), size, HARMFUL),
        psi_chart(PsiChart(HARMFUL, WEEK, _hours([1.0]), 0.2), size, "c"),
        custom_chart(MetricChart(HARMFUL, WEEK, _hours([1.0]), 1, 0, 2), size, "c"),
        bin_bars(HARMFUL, [BinShare(HARMFUL, 0.5, 0.5)] * 3, "c"),
    ]
    for chart in charts:
        tags = {each.tag for each in _parsed(chart.replace("\x00", "").replace("\u202e", "")).iter()}
        assert tags <= {"svg", "title", "desc", "rect", "path", "circle", "text", "g"}
        assert "\u202e" not in _text(chart.replace("\x00", ""), "title")
        assert len(_text(chart.replace("\x00", ""), "title")) < 200


_values = st.none() | st.floats() | st.sampled_from([0.0, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf])
_instants = st.floats() | st.floats(START - 1e6, START + 1e6) | st.sampled_from([0.0, 1e308, math.nan, math.inf])
_lists = st.integers(0, 30).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(START - HOUR, START + 200 * HOUR) | _instants, min_size=n, max_size=n),
        *[st.lists(_values, min_size=n, max_size=n)] * 3,
    )
)
_series = st.builds(
    lambda lists, width: Series(lists[0], lists[1], lists[2], lists[3], width),
    _lists,
    st.sampled_from([0.0, 1.0, HOUR, -1.0, math.nan]),
)
_windows = st.builds(Window, _instants, _instants, st.just(BERLIN)) | st.just(WEEK)
_spans = st.lists(st.builds(CheckSpan, _instants, _instants), max_size=10)
_sizes = st.sampled_from([SMALL, LARGE])
_finite = st.none() | st.floats()


def _is_sound(chart: Markup) -> None:
    root = _parsed(chart)
    assert not re.search(r"<script|<style", chart)
    assert root.get("role") == "img"
    assert _text(chart, "title")
    assert _text(chart, "desc")
    for each in root.iter():
        assert not [name for name in each.attrib if name.startswith("on") or name == "style"]
        assert not re.search(r"nan|inf", each.get("d") or "")
        for name in ("x", "y", "cx", "cy", "width", "height"):
            assert abs(float(each.get(name) or 0)) < 10_000


@settings(max_examples=100, deadline=None)
@given(_series, _windows, st.none() | st.lists(st.floats(), min_size=0, max_size=8), _spans, _sizes)
def test_any_control_chart_is_sound(
    series: Series, window: Window, limits: list[float] | None, alerts: list[CheckSpan], size: Size
) -> None:
    _is_sound(spc_chart(ControlChart("x", window, series, limits, alerts), size, "c"))
    _is_sound(spc_chart(ControlChart("x", window, series, LIMITS, alerts), size, "c"))


@settings(max_examples=80, deadline=None)
@given(_series, _windows, _finite, _spans, _sizes)
def test_any_psi_chart_is_sound(
    series: Series, window: Window, threshold: float | None, alerts: list[CheckSpan], size: Size
) -> None:
    _is_sound(psi_chart(PsiChart("x", window, series, threshold, alerts), size, "c"))


@settings(max_examples=80, deadline=None)
@given(_series, _windows, _finite, _finite, _finite, _spans, _sizes)
def test_any_metric_is_sound(
    series: Series,
    window: Window,
    baseline: float | None,
    lowest: float | None,
    highest: float | None,
    alerts: list[CheckSpan],
    size: Size,
) -> None:
    _is_sound(custom_chart(MetricChart("x", window, series, baseline, lowest, highest, alerts), size, "c"))


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters()), st.lists(st.builds(BinShare, st.text(st.characters()), st.floats(), st.floats())))
def test_any_bins_are_sound(name: str, bins: list[BinShare]) -> None:
    _is_sound(bin_bars(name, bins, "c"))


@given(st.text(st.characters()))
def test_any_name_is_sound(name: str) -> None:
    _is_sound(spc_chart(ControlChart(name, WEEK, _hours([1.0]), LIMITS), SMALL, "c"))


@pytest.mark.parametrize("bins", [1, 2, 10, 60, 400])
def test_bars_of_training_and_now_stand_side_by_side(bins: int) -> None:
    shares = [BinShare(f"bin {index}", 1 / bins, index / bins**2) for index in range(bins)]
    chart = bin_bars("age", shares, "c")
    shown = min(bins, 60)
    assert len(_shapes(chart, "bar-base")) == len(_shapes(chart, "bar-now")) == shown
    if bins > 60:
        assert f"60 of {bins} bins, those that differ most." in _text(chart, "desc")


def test_labels_of_bars_do_not_cover_each_other() -> None:
    chart = bin_bars("color", [BinShare(f"category number {index}", 0.1, 0.1) for index in range(30)], "c")
    labels = [each for each in _shapes(chart, "tick") if each.get("text-anchor") == "middle"]
    halves = [(float(each.get("x") or 0), len(each.text or "") * 6.1 / 2) for each in labels]
    assert len(labels) > 3
    assert all(a + half < b - other for (a, half), (b, other) in pairwise(halves))
