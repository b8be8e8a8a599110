"""Distances in times the limit, and the order that they give."""

from __future__ import annotations

import math
from typing import Any

import pytest

from scouter.drift.distance import BEYOND, Distance, distance_of, ranked
from scouter.drift.standing import Standing, standing_of
from scouter.wire.alerts import Alert, PsiAlert, SpcAlert, SpcKind
from scouter.wire.check_results import (
    CheckResult,
    CustomObservation,
    NotChecked,
    Obstacle,
    PsiObservation,
    SpcObservation,
)
from scouter.wire.profiles import Zone


def spc(name: str = "f", lowest: float | None = 9.0, highest: float | None = 11.0, **more: Any) -> SpcObservation:
    limits = {"center": 10.0, "three_lcl": 7.0, "three_ucl": 13.0, **more}
    return SpcObservation(
        name, samples=4, skipped=0, mean=10.0, lowest=lowest, highest=highest, code_counts=(0,) * 9, **limits
    )


def psi(name: str = "f", drift: float = 0.1, threshold: float | None = 0.2) -> PsiObservation:
    return PsiObservation(name, samples=200, unknown=0, bins=10, drift=drift, threshold=threshold)


def custom(observed: float, lowest: float | None, highest: float | None) -> CustomObservation:
    return CustomObservation("m", samples=3, observed=observed, baseline=10.0, lowest=lowest, highest=highest)


def out_of_bounds(name: str) -> Alert:
    return Alert(spc=SpcAlert(name, SpcKind.OutOfBounds, Zone.Zone4))


@pytest.mark.parametrize(
    ("seen", "distance"),
    [
        (spc(), Distance(1 / 3)),
        (spc(lowest=4.0), Distance(2.0)),
        (spc(lowest=10.0, highest=10.0), Distance(0.0)),
        (spc(lowest=11.0, highest=12.0), Distance(2 / 3)),
        (spc(lowest=None), BEYOND),
        (spc(lowest=10.0, highest=10.0, three_lcl=10.0, three_ucl=10.0), Distance(0.0)),
        (spc(lowest=10.0, three_lcl=10.0, three_ucl=10.0), BEYOND),
        (spc(highest=1e308, center=0.0, three_lcl=-1e-300, three_ucl=1e-300), BEYOND),
        (spc(lowest=-1e308, center=1e308, three_lcl=-1e308, three_ucl=1.5e308), Distance(1.0)),
        (psi(), Distance(0.5)),
        (psi(drift=0.31, threshold=1e-7), Distance(0.31 / 1e-7)),
        (psi(threshold=None), Distance(None)),
        (psi(threshold=0.0), BEYOND),
        (psi(drift=0.0, threshold=0.0), Distance(0.0)),
        (custom(14.0, None, 12.0), Distance(2.0)),
        (custom(6.0, None, 12.0), Distance(0.0)),
        (custom(6.0, 8.0, 12.0), Distance(2.0)),
        (custom(6.0, 8.0, None), Distance(2.0)),
        (custom(10.0, 10.0, 10.0), Distance(0.0)),
        (custom(10.1, 10.0, 10.0), BEYOND),
    ],
)
def test_a_distance_is_in_times_the_limit(seen: Any, distance: Distance) -> None:
    found = distance_of(seen)
    assert found.beyond == distance.beyond
    assert found.times == (None if distance.times is None else pytest.approx(distance.times))
    assert found.times is None or math.isfinite(found.times)


def test_what_alerted_comes_first_then_what_is_further_then_what_was_not_checked() -> None:
    seen = (spc("calm"), spc("far", lowest=8.0), spc("trending", lowest=9.5), spc("endless", highest=None))
    trend = Alert(spc=SpcAlert("trending", SpcKind.Trend, Zone.NotApplicable))
    missing = NotChecked("absent", Obstacle.no_data, 0, "no values in the window")
    order = ranked(CheckResult((trend, out_of_bounds("endless")), seen, (missing,)))
    assert [each.name for each in order] == ["endless", "trending", "far", "calm", "absent"]
    assert order[1].alerts == (trend,)
    assert (order[-1].observation, order[-1].obstacle) == (None, missing)


def test_without_a_threshold_the_order_is_that_of_the_drift() -> None:
    seen = (psi("a", 0.1, None), psi("b", 0.4, None), psi("c", 0.0, 0.2))
    assert [each.name for each in ranked(CheckResult((), seen, ()))] == ["c", "b", "a"]


def test_a_standing_names_what_alerted_and_what_is_furthest() -> None:
    alerts = (Alert(psi=PsiAlert("b", 0.6, 0.2)), out_of_bounds("b"), Alert(psi=PsiAlert("a", 0.3, 0.2)))
    stood = standing_of(CheckResult(alerts, (psi("a", 0.3), psi("b", 0.6), psi("c")), ()))
    assert stood == Standing(3, 2, ("a", "b"), "b", pytest.approx(3.0), False)  # type: ignore[arg-type]


def test_without_observations_there_is_nothing_to_say() -> None:
    missing = NotChecked("absent", Obstacle.no_data, 0, "no values in the window")
    assert standing_of(None) == standing_of(CheckResult((), (), (missing,))) == Standing()
