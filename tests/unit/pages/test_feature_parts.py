"""The parts of a feature's page that reckon: bins, zones, and the table that is saved."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from msgspec import UNSET

from scouter.drift.psi import psi
from scouter.pages.feature.bins import BinRow, bin_label, bin_rows, most
from scouter.pages.feature.table_file import cell, table
from scouter.pages.feature.zones import zone_rows
from scouter.wire.baselines import BaselineBin, PsiBaseline, SpcBaseline
from scouter.wire.charts import SpcSeries
from scouter.wire.check_results import SpcObservation


def test_what_bins_add_is_the_psi() -> None:
    training, now = [0.25, 0.25, 0.5, 0.0], [0.5, 0.0, 0.4, 0.1]
    bins = [BaselineBin(n, None, None, None, share) for n, share in enumerate(training)]
    rows = bin_rows(PsiBaseline(bins, 0.2, "Fixed", None), {str(n): share for n, share in enumerate(now)})
    whole = psi(np.array(training), np.array(now))
    assert sum(row.adds for row in rows) == pytest.approx(whole, rel=1e-12)
    assert most(rows) == rows[1]
    assert most([]) is None
    assert most([BinRow("a", 0.5, 0.5, 0.0)]) is None


@pytest.mark.parametrize(
    ("lower", "upper", "label", "said"),
    [
        (None, 1.0, None, "≤ 1"),
        (1.0, 2.5, None, "1 to 2.5"),
        (22.0, None, None, "> 22"),
        (None, None, "red", "red"),
        (None, None, "", "(empty)"),
        (None, None, None, "bin 7"),
    ],
)
def test_bins_have_names(lower: float | None, upper: float | None, label: str | None, said: str) -> None:
    assert bin_label(BaselineBin(7, lower, upper, label, 0.1)) == said


def test_what_adds_is_written_with_as_many_digits() -> None:
    assert [BinRow("", 0, 0, adds).adds_text for adds in (0.18412, 0.00004, -0.00001, -0.5)] == [
        "0.1841",
        "0.0000",
        "0.0000",
        "\u22120.5000",
    ]


def test_zones_hold_all_values() -> None:
    seen = SpcObservation("f", 10, 0, 0.0, -4.0, 4.0, 0.0, -3.0, 3.0, (1, 0, 1, 2, 2, 1, 1, 1, 1))
    rows = zone_rows(SpcBaseline(0.0, [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]), seen)
    assert sum(row.now for row in rows) == pytest.approx(1.0)
    assert sum(row.normal for row in rows) == pytest.approx(1.0)
    assert [row.now for row in rows] == [0.1, 0.0, 0.1, 0.3, 0.2, 0.1, 0.1, 0.1]
    assert rows[-1].normal == pytest.approx(0.5 * math.erfc(3 / math.sqrt(2)))
    assert (rows[0].values, rows[3].values, rows[-1].values) == ("below −3", "−1 to 0", "above 3")


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+a", "-a", "\tx", "\rx", "-1+2", "+", "-"])
def test_no_formula_reaches_a_table(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1.5, "-2", "+3", "1e-7", "-1.5E+10", 0.0, "a-b", ""])
def test_numbers_and_plain_texts_stay(value: object) -> None:
    assert cell(value) == (repr(value) if isinstance(value, float) else value)


def test_a_table_begins_with_the_oldest() -> None:
    moments = [datetime(2026, 11, 27, hour, tzinfo=UTC) for hour in (9, 8)]
    data = table("=f", "Spc", SpcSeries(moments, [1.5, -2.0]), timedelta(hours=1)).decode()
    assert data.splitlines() == [
        "feature,start,end,mean,lowest,highest",
        "'=f,2026-11-27T08:00Z,2026-11-27T09:00Z,-2.0,,",
        "'=f,2026-11-27T09:00Z,2026-11-27T10:00Z,1.5,,",
    ]
    assert table("f", "Psi", None, timedelta(hours=1)) == b"feature,start,end,psi\r\n"
    assert SpcSeries([], []).lowest is UNSET
