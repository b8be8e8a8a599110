"""Checks of custom metrics: the golden vectors in both spellings, and everything that a window may hold."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.drift.custom import ObservedMean, accepted_range
from scouter.drift.custom_check import check_custom
from scouter.wire.alerts import legacy_texts
from scouter.wire.check_results import CheckResult, CustomObservation, Obstacle
from scouter.wire.profiles import AlertCondition, AlertThreshold, CustomProfile
from tests import golden, profile_documents

SPELLINGS = ("0.6.4", "0.25.0")


def condition(spelling: str, direction: str, baseline: float, boundary: float | None) -> dict[str, Any]:
    if spelling == "0.6.4":
        return {"alert_threshold": direction, "alert_threshold_value": boundary}
    return {"alert_threshold": direction, "baseline_value": baseline, "delta": boundary}


def profile_of(metrics: dict[str, float], conditions: dict[str, Any] | None) -> CustomProfile:
    document = profile_documents.custom_profile()
    document["metrics"] = metrics
    document["config"]["alert_config"]["alert_conditions"] = conditions
    return msgspec.convert(document, CustomProfile)


def profile_with(name: str, baseline: float, direction: str, boundary: float | None = None) -> CustomProfile:
    return profile_of({name: baseline}, {name: condition("0.25.0", direction, baseline, boundary)})


def obstacles(result: CheckResult) -> dict[str, Obstacle]:
    return {left.name: left.obstacle for left in result.not_checked}


# The golden vectors


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("case", golden.cases("custom_alert_conditions"))
def test_the_golden_conditions(case: dict[str, Any], spelling: str) -> None:
    """One difference is on purpose ([R] of drift.md 3): NaN never alerts, the client's does with Outside and no delta.

    The cases with a negative boundary cannot be registered; the formula is the client's for them too.
    """
    document = condition(spelling, case["alert_threshold"], case["baseline"], case["delta"])
    accepted = accepted_range(msgspec.convert(document, AlertCondition), case["baseline"])
    for shown, client in zip(case["observed"], case["should_alert"], strict=True):
        observed = golden.number(shown)
        if math.isnan(observed):
            assert client == (case["alert_threshold"] == "Outside" and case["delta"] is None)
        assert accepted.is_left_by(observed) == (client and not math.isnan(observed))
    assert accepted.lowest in (case["lower_bound"], -math.inf)
    assert accepted.highest in (case["upper_bound"], math.inf)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("case", golden.cases("custom_check"))
def test_the_golden_checks(case: dict[str, Any], spelling: str) -> None:
    metrics = {each["name"]: each["baseline"] for each in case["metrics"]}
    conditions = {
        each["name"]: condition(spelling, each["alert_threshold"], each["baseline"], each["delta"])
        for each in case["metrics"]
    }
    window = {name: ObservedMean.of(np.array(values)) for name, values in case["values_in_window"].items()}
    result = check_custom(profile_of(metrics, conditions), window)
    seen = {each.name: each.observed for each in result.observations if isinstance(each, CustomObservation)}
    assert seen == {each["metric"]: each["observed"] for each in case["expected"] if each["observed"] is not None}
    alerting = sorted((each for each in case["expected"] if each["alert"]), key=lambda each: each["metric"])
    assert msgspec.to_builtins(list(result.alerts)) == [each["stored_0_25_0"] for each in alerting]
    assert [legacy_texts(alert) for alert in result.alerts] == [each["stored_0_6_4"] for each in alerting]


# Everything else

numbers = st.floats(-1e9, 1e9)
boundaries = st.one_of(st.none(), st.floats(0, 1e9))


@given(numbers, numbers, boundaries, st.sampled_from(AlertThreshold))
def test_the_range_is_the_table_of_the_prose(
    observed: float, baseline: float, boundary: float | None, direction: AlertThreshold
) -> None:
    w = boundary or 0.0
    below, above = observed < baseline - w, observed > baseline + w
    table = {"Below": below, "Above": above, "Outside": below or above}
    for spelling in SPELLINGS:
        read = msgspec.convert(condition(spelling, direction, baseline, boundary), AlertCondition)
        assert accepted_range(read, baseline).is_left_by(observed) == table[direction]


@given(numbers, boundaries, st.sampled_from(AlertThreshold))
def test_the_baseline_itself_never_alerts(baseline: float, boundary: float | None, direction: AlertThreshold) -> None:
    profile = profile_with("mae", baseline, direction, boundary)
    assert check_custom(profile, {"mae": ObservedMean(3, baseline)}).alerts == ()


@pytest.mark.parametrize("mean", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("direction", AlertThreshold)
def test_what_is_not_finite_never_alerts_but_is_reported(mean: float, direction: str) -> None:
    result = check_custom(profile_with("mae", 1.0, direction), {"mae": ObservedMean(2, mean)})
    assert result.alerts == ()
    (left,) = result.not_checked
    assert (left.obstacle, left.samples, left.detail) == (Obstacle.not_finite, 2, f"the mean of its values is {mean}")


def test_metrics_without_values_or_condition_are_not_checked() -> None:
    conditions = {"mae": condition("0.25.0", "Above", 1.0, None), "f1": condition("0.25.0", "Below", 0.5, None)}
    profile = profile_of({"mae": 1.0, "f1": 0.5, "free": 3.0}, conditions)
    result = check_custom(profile, {"mae": ObservedMean(1, 2.0), "free": ObservedMean(4, 99.0)})
    assert obstacles(result) == {"f1": Obstacle.no_data, "free": Obstacle.no_condition}
    assert [alert.custom.metric_name for alert in result.alerts if alert.custom] == ["mae"]
    assert result.samples == 5


@pytest.mark.parametrize("conditions", [None, {}])
def test_a_profile_without_conditions_checks_nothing(conditions: dict[str, Any] | None) -> None:
    result = check_custom(profile_of({"mae": 1.0}, conditions), {"mae": ObservedMean(1, 2.0)})
    assert obstacles(result) == {"mae": Obstacle.no_condition}


def test_metrics_that_the_profile_lacks_are_not_looked_at() -> None:
    result = check_custom(profile_with("mae", 1.0, "Above"), {"MAE": ObservedMean(1, 9.0)})
    assert obstacles(result) == {"mae": Obstacle.no_data}


def test_the_baseline_of_the_condition_goes_first() -> None:
    profile = profile_of({"mae": 1.0}, {"mae": condition("0.25.0", "Above", 5.0, None)})
    assert check_custom(profile, {"mae": ObservedMean(1, 3.0)}).alerts == ()
    (alert,) = check_custom(profile, {"mae": ObservedMean(1, 6.0)}).alerts
    assert alert.custom
    assert alert.custom.baseline_value == 5.0


@pytest.mark.parametrize(("baseline", "boundary"), [(math.nan, None), (math.inf, 1.0), (1.0, math.nan)])
def test_a_baseline_or_boundary_that_is_no_number_is_reported(baseline: float, boundary: float | None) -> None:
    result = check_custom(profile_with("mae", baseline, "Outside", boundary), {"mae": ObservedMean(1, 2.0)})
    assert obstacles(result) == {"mae": Obstacle.unusable_profile}


def test_the_range_is_shown_with_its_open_end() -> None:
    (seen,) = check_custom(profile_with("mae", 1.0, "Above", 0.5), {"mae": ObservedMean(7, 1.5)}).observations
    assert seen == CustomObservation("mae", samples=7, observed=1.5, baseline=1.0, lowest=None, highest=1.5)


def test_a_result_survives_json() -> None:
    result = check_custom(profile_with("mae", 1.0, "Above"), {"mae": ObservedMean(7, 1.5)})
    assert len(result.alerts) == 1
    assert msgspec.json.decode(msgspec.json.encode(result), type=CheckResult) == result


@pytest.mark.parametrize(("values", "count", "mean"), [([1.0, 2.0, 4.5], 3, 2.5), ([-1.7e308, -1.7e308], 2, -1.7e308)])
def test_the_mean_of_values(values: list[float], count: int, mean: float) -> None:
    assert ObservedMean.of(np.array(values)) == ObservedMean(count, mean)


def test_the_mean_of_nothing_is_no_number() -> None:
    nothing = ObservedMean.of(np.array([]))
    assert nothing.count == 0
    assert math.isnan(nothing.mean)
