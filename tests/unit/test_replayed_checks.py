"""Checks replayed feature after feature: the same as a check of every window by itself, judged."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from scouter.drift import replayed_features
from scouter.drift.check_windows import CheckWindows, microseconds, windows_between
from scouter.drift.custom import ObservedMean
from scouter.drift.custom_check import check_custom
from scouter.drift.judgement.budget import budget_of
from scouter.drift.judgement.custom_judgement import judge_custom
from scouter.drift.judgement.known_rows import KnownRows, SaidRows
from scouter.drift.judgement.poisson import two_sided_probability
from scouter.drift.judgement.psi_judgement import judge_psi
from scouter.drift.judgement.rules import DEFAULT_RULES, JudgementRules
from scouter.drift.judgement.spc_judgement import judge_spc
from scouter.drift.psi_check import check_psi
from scouter.drift.replayed_checks import HowJudged, replayed_checks
from scouter.drift.replayed_features import WindowMean, checked_names, replay_custom, replay_psi, replay_spc
from scouter.drift.schedules import Schedule
from scouter.drift.spc_check import TimedValues, check_spc
from scouter.wire.check_results import CheckResult, SpcObservation
from scouter.wire.profiles import CustomProfile, PsiProfile, SpcProfile
from tests import profile_documents

START = datetime(2026, 11, 2, tzinfo=UTC)
ROWS = KnownRows(SaidRows(table=5000))
HOURLY = "0 0 * * * *"


def hourly(document: dict[str, Any]) -> dict[str, Any]:
    document["config"]["alert_config"]["schedule"] = HOURLY
    return document


def windows(hours: int) -> CheckWindows:
    return windows_between(Schedule.parse(HOURLY), START, START + timedelta(hours=hours), 10_000)


def said(result: CheckResult) -> tuple[object, ...]:
    """All but what was seen of features without alerts, for which one observation stands."""
    alerting = {alert.subject for alert in result.alerts}
    seen = [each if each.name in alerting else each.name for each in result.observations]
    return result.alerts, seen, result.not_checked, result.judgements


def test_spc_is_as_if_every_window_were_checked_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replayed_features, "_VALUES_AT_ONCE", 100)
    profile = msgspec.convert(hourly(profile_documents.spc_profile(features=3)), SpcProfile)
    chooser, grid = np.random.default_rng(7), windows(40)
    span = (microseconds(grid.start), microseconds(grid.end))
    series = {}
    for number, name in enumerate(checked_names(profile)[:2]):
        moments = np.sort(chooser.integers(span[0] - 10, span[1] + 10**9, 900))
        values = chooser.normal(0.0, 0.2, 900) + number * (moments > span[0] + 20 * 3_600_000_000) * 0.5
        values[chooser.integers(0, 900, 5)] = np.nan
        series[name] = TimedValues(moments, values)
    series["f2"] = TimedValues(np.array([], dtype=np.int64), np.array([]))
    rules = DEFAULT_RULES
    features = [replay_spc(profile, name, series[name], grid, ROWS, rules) for name in checked_names(profile)]
    alpha, alerting = budget_of(HOURLY, rules).alpha, 0
    for number, made in enumerate(replayed_checks(HowJudged(profile, rules), features, len(grid))):
        first, last = microseconds(grid.bounds[number]), microseconds(grid.bounds[number + 1])
        held = {
            name: TimedValues(each.moments[inside], each.values[inside])
            for name, each in series.items()
            if (inside := (each.moments > first) & (each.moments <= last)).any()
        }
        expected = check_spc(profile, held)
        if expected.alerts:
            alerting += 1
            seen = [each for each in expected.observations if isinstance(each, SpcObservation)]
            expected = replace(expected, judgements=judge_spc(profile, held, seen, ROWS, alpha=alpha, rules=rules))
        assert said(made) == said(expected)
    assert 0 < alerting < len(grid)


def test_psi_is_as_if_every_window_were_checked_by_itself() -> None:
    document = hourly(profile_documents.psi_profile())
    document["features"]["f1"] = document["features"]["f0"] | {"id": "f1"}
    document["config"]["alert_config"]["features_to_monitor"] = []
    profile = msgspec.convert(document, PsiProfile)
    chooser, grid = np.random.default_rng(3), windows(30)
    shares = {"f0": [0.25] * 4, "f1": [0.22, 0.25, 0.25, 0.28]}
    counts: dict[str, dict[int, dict[int, int]]] = {
        name: {
            number: dict(enumerate(chooser.multinomial(size, share).tolist(), 1))
            for number in range(len(grid))
            if (size := int(chooser.integers(0, 900)))
        }
        for name, share in shares.items()
    }
    features = [replay_psi(profile, name, counts[name], grid, ROWS, DEFAULT_RULES) for name in checked_names(profile)]
    alpha = budget_of(HOURLY, DEFAULT_RULES).alpha
    results = list(replayed_checks(HowJudged(profile, DEFAULT_RULES), features, len(grid)))
    for number, made in enumerate(results):
        held = {name: each[number] for name, each in counts.items() if number in each}
        expected = check_psi(profile, held)
        if expected.alerts:
            judged = judge_psi(profile, held, expected.observations, ROWS, alpha=alpha, rules=DEFAULT_RULES)  # type: ignore[arg-type]
            expected = replace(expected, judgements=judged)
        assert said(made) == said(expected)
    assert any(result.alerts for result in results)


def test_custom_metrics_are_as_if_every_window_were_checked_by_itself() -> None:
    document = hourly(profile_documents.custom_profile())
    document["metrics"]["auc"] = 0.5  # without a condition
    profile = msgspec.convert(document, CustomProfile)
    grid, rules = windows(4), JudgementRules(judge="corrected")
    means = {
        "mae": {0: WindowMean(20, 4.0, 0.1), 1: WindowMean(3, 9.0, 1.0), 3: WindowMean(20, 3.01, 1.0)},
        "auc": {1: WindowMean(5, 0.9, 0.1)},
    }
    features = [replay_custom(profile, name, means[name], grid, rules) for name in checked_names(profile)]
    for number, made in enumerate(replayed_checks(HowJudged(profile, rules), features, len(grid))):
        held = {name: each[number] for name, each in means.items() if number in each}
        expected = check_custom(profile, {name: ObservedMean(each.count, each.mean) for name, each in held.items()})
        if expected.alerts:
            deviations = {name: each.deviation for name, each in held.items()}
            judged = judge_custom(expected.observations, deviations, rules=rules)  # type: ignore[arg-type]
            expected = replace(expected, judgements=judged)
        assert said(made) == said(expected)


def test_where_the_client_is_taken_at_its_word_no_test_is_asked() -> None:
    profile = msgspec.convert(hourly(profile_documents.custom_profile()), CustomProfile)
    (feature,) = [replay_custom(profile, "mae", {0: WindowMean(20, 4.0, 0.1)}, windows(1), DEFAULT_RULES)]
    (made,) = replayed_checks(HowJudged(profile, DEFAULT_RULES), [feature], 1)
    assert [(each.judge, each.effect) for each in made.judgements] == [("client", 3.0)]


def test_windows_begin_at_the_last_instant_before_the_span() -> None:
    def between(text: str, start: str, end: str) -> list[str]:
        first, last = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (start, end))
        found = windows_between(Schedule.parse(text), first, last, 100)
        return [each.strftime("%Y-%m-%d %H:%M") for each in found.bounds]

    assert between("0 0 6,18 * * *", "2026-11-02 07:00", "2026-11-03 06:00") == [
        *("2026-11-02 06:00", "2026-11-02 18:00", "2026-11-03 06:00"),
    ]
    assert between("0 0 0 29 2 *", "2027-01-01", "2028-03-01") == ["2024-02-29 00:00", "2028-02-29 00:00"]
    assert between("0 0 0 1 1 * 2099", "2026-11-02", "2026-11-03") == ["2026-11-02 00:00"]
    assert len(windows_between(Schedule.parse("* * * * * *"), START, START + timedelta(days=1), 50)) == 51


def test_a_moment_belongs_to_the_window_that_it_closes() -> None:
    grid = windows(2)
    edges = [microseconds(bound) + shift for bound in grid.bounds for shift in (0, 1)]
    assert grid.places(np.array(edges)).tolist() == [-1, 0, 0, 1, 1, 2]


@pytest.mark.parametrize(("observed", "expected"), [(0, 0.3), (11, 0.3), (3, 3.0), (0, 12.5), (40, 30.0), (2, 2.5)])
def test_the_probability_of_a_difference_is_that_of_both_sides(observed: int, expected: float) -> None:
    at_most = math.fsum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(observed + 1))
    at_least = math.fsum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(observed, 150))
    wanted = min(1.0, 2 * min(at_most, at_least))
    assert two_sided_probability(observed, expected) == pytest.approx(wanted, rel=1e-6)


def test_nothing_is_as_likely_as_nothing_where_nothing_is_expected() -> None:
    assert (two_sided_probability(0, 0.0), two_sided_probability(1, 0.0)) == (1.0, 0.0)
