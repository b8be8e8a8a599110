"""Checks of SPC profiles: the golden vectors in time order, and everything that a window may hold."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.drift.spc_check import TimedValues, check_spc
from scouter.errors import InvalidInput
from scouter.wire.alerts import legacy_texts
from scouter.wire.check_results import CheckResult, Obstacle, SpcObservation
from scouter.wire.profiles import SpcProfile, Zone
from tests import golden, profile_documents

ORDER_MATTERS = ("order_matters", "shorter_feature_truncates")


def made_profile(features: int = 1, **alert_config: Any) -> SpcProfile:
    """Features f0, f1, ... with center 0 and sigma 1."""
    document = profile_documents.spc_profile(features=features)
    document["config"]["alert_config"].update(alert_config)
    return msgspec.convert(document, SpcProfile)


def timed(values: Sequence[float], moments: Sequence[int] | None = None) -> TimedValues:
    stamps = np.arange(len(values)) if moments is None else np.array(moments)
    return TimedValues(stamps, np.array(values, dtype=np.float64))


def checked(profile: SpcProfile, **window: Sequence[float]) -> CheckResult:
    return check_spc(profile, {name: timed(values) for name, values in window.items()})


def obstacles(result: CheckResult) -> dict[str, Obstacle]:
    return {left.name: left.obstacle for left in result.not_checked}


def alerts_of(result: CheckResult) -> list[Any]:
    stored: list[Any] = msgspec.to_builtins(result.alerts)
    return [alert["Spc"] for alert in stored]


def golden_profile(case: Mapping[str, Any]) -> SpcProfile:
    document = msgspec.to_builtins(golden.spc_profile(case["profile_case"]))
    rule = {"rule": case["rule"], "zones_to_monitor": case["zones_to_monitor"]}
    document["config"]["alert_config"].update(rule=rule, features_to_monitor=case["features_to_monitor"])
    return msgspec.convert(document, SpcProfile)


def golden_window(case: Mapping[str, Any]) -> dict[str, TimedValues]:
    moments, values = defaultdict(list), defaultdict(list)
    for record in case["records"]:
        if record["created_at"] > case["previous_run"]:
            moments[record["feature"]].append(record["created_at"].removesuffix("Z"))
            values[record["feature"]].append(record["value"])
    return {
        name: TimedValues(np.array(moments[name], dtype="datetime64[us]"), np.array(values[name])) for name in moments
    }


@pytest.mark.parametrize("case", golden.cases("spc_check"))
def test_the_golden_checks_in_time_order(case: dict[str, Any]) -> None:
    """`chronological_full_series` is what drift.md asks for ([R] 1.3, 10.2.4, 10.2.5): oldest first, no cut."""
    result = check_spc(golden_profile(case), golden_window(case))
    expected = [
        {"feature": feature, "kind": alert["kind"], "zone": alert["zone"]}
        for feature, seen in case["chronological_full_series"].items()
        for alert in seen["alerts"]
    ]
    assert as_multiset(alerts_of(result)) == as_multiset(expected)
    for observation in result.observations:
        assert isinstance(observation, SpcObservation)
        codes = [int(code) for code in case["chronological_full_series"][observation.name]["drift"]]
        assert observation.code_counts == tuple(codes.count(code) for code in range(-4, 5))
    assert {seen.name for seen in result.observations} == set(case["chronological_full_series"])


@pytest.mark.parametrize("case", golden.cases("spc_check"))
def test_the_golden_stored_alerts(case: dict[str, Any]) -> None:
    """They follow the reference's order of time, so only cases in which that changes nothing can be compared."""
    result = check_spc(golden_profile(case), golden_window(case))
    upstream, ours = case["upstream_newest_first"], case["chronological_full_series"]
    same = all(as_multiset(upstream[name]["alerts"]) == as_multiset(ours[name]["alerts"]) for name in ours)
    assert same or case["case"] in ORDER_MATTERS or case["case"].startswith("random_")
    if same:
        stored = msgspec.to_builtins(result.alerts)
        assert as_multiset(stored) == as_multiset(case["stored_alerts_0_25_0"])
        assert as_multiset([legacy_texts(alert) for alert in result.alerts]) == as_multiset(case["stored_alerts_0_6_4"])


def as_multiset(alerts: Sequence[Any]) -> Counter[bytes]:
    return Counter(msgspec.json.encode(alert, order="sorted") for alert in alerts)


def test_records_may_come_in_any_order() -> None:
    profile = made_profile()
    # In time order the run of eight starts in zone 2 and ends in zone 1; backwards it would say nothing of zone 1.
    values, moments = [0.5] * 7 + [1.5], [2, 3, 4, 5, 6, 7, 8, 1]
    shuffled = check_spc(profile, {"f0": timed(values, moments)})
    assert shuffled == check_spc(profile, {"f0": timed([1.5] + [0.5] * 7)})
    assert alerts_of(shuffled) == [{"feature": "f0", "kind": "Consecutive", "zone": "Zone1"}]
    assert alerts_of(checked(profile, f0=values)) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-5, 5)), min_size=1, max_size=30))
def test_every_feature_is_sorted_on_its_own_and_records_of_one_moment_keep_their_order(
    records: list[tuple[int, float]],
) -> None:
    in_order = sorted(records, key=lambda record: record[0])
    mixed, ordered = (timed([v for _, v in each], [m for m, _ in each]) for each in (records, in_order))
    profile = made_profile(features=2)
    assert check_spc(profile, {"f0": mixed, "f1": ordered}) == check_spc(profile, {"f0": ordered, "f1": mixed})


def test_no_records_at_all_is_a_check_without_alerts() -> None:
    result = checked(made_profile(features=2))
    assert (result.alerts, result.observations, result.samples) == ((), (), 0)
    assert obstacles(result) == {"f0": Obstacle.no_data, "f1": Obstacle.no_data}


def test_a_feature_without_values_does_not_keep_the_others_from_being_checked() -> None:
    result = checked(made_profile(features=4), f0=[], f1=[math.nan, math.nan], f3=[9.0, math.nan])
    assert obstacles(result) == {"f0": Obstacle.no_data, "f1": Obstacle.not_finite, "f2": Obstacle.no_data}
    assert alerts_of(result) == [{"feature": "f3", "kind": "OutOfBounds", "zone": "Zone4"}]
    (seen,) = result.observations
    assert isinstance(seen, SpcObservation)
    assert (seen.samples, seen.skipped, seen.mean) == (1, 1, 9.0)
    assert result.samples == 3


def test_what_was_seen_is_each_features_own() -> None:
    result = checked(made_profile(features=4), f0=[1.5, -0.5], f1=[math.nan], f2=[3.0], f3=[-7.0, 0.0, 1.0])
    seen = [each for each in result.observations if isinstance(each, SpcObservation)]
    assert [(each.name, each.lowest, each.mean, each.highest) for each in seen] == [
        ("f0", -0.5, 0.5, 1.5),
        ("f2", 3.0, 3.0, 3.0),
        ("f3", -7.0, -2.0, 1.0),
    ]
    assert [each.code_counts for each in seen] == [
        (0, 0, 0, 1, 0, 0, 1, 0, 0),
        (0, 0, 0, 0, 0, 0, 0, 1, 0),
        (1, 0, 0, 0, 1, 0, 1, 0, 0),
    ]
    assert {(each.center, each.three_lcl, each.three_ucl) for each in seen} == {(0.0, -3.0, 3.0)}


def test_nan_does_not_break_a_run() -> None:
    with_gap = checked(made_profile(), f0=[0.5] * 4 + [math.nan] + [0.5] * 4)
    assert alerts_of(with_gap) == [{"feature": "f0", "kind": "Consecutive", "zone": "Zone1"}]


def test_infinite_values_are_out_of_bounds_and_leave_a_result_that_json_can_carry() -> None:
    result = checked(made_profile(), f0=[math.inf, -math.inf])
    (seen,) = result.observations
    assert isinstance(seen, SpcObservation)
    assert (seen.mean, seen.lowest, seen.highest) == (None, None, None)
    assert alerts_of(result) == [{"feature": "f0", "kind": "OutOfBounds", "zone": "Zone4"}]
    assert msgspec.json.decode(msgspec.json.encode(result), type=CheckResult) == result


def test_the_mean_of_the_largest_values_is_one_of_them() -> None:
    (seen,) = checked(made_profile(), f0=[1.7e308, 1.7e308]).observations
    assert isinstance(seen, SpcObservation)
    assert (seen.mean, seen.highest) == (1.7e308, 1.7e308)


def test_no_features_to_monitor_means_all_of_the_profile() -> None:
    result = checked(made_profile(features=2, features_to_monitor=[]), f0=[9.0], f1=[-9.0], stranger=[9.0])
    assert [alert["feature"] for alert in alerts_of(result)] == ["f0", "f1"]
    assert result.not_checked == ()


def test_features_that_are_not_monitored_are_not_looked_at() -> None:
    result = checked(made_profile(features=2, features_to_monitor=["f1", "f1"]), f0=[9.0], f1=[0.1])
    assert result.alerts == ()
    assert [seen.name for seen in result.observations] == ["f1"]


def test_a_monitored_feature_that_the_profile_lacks_is_reported() -> None:
    result = checked(made_profile(features_to_monitor=["f0", "gone"]), f0=[9.0], gone=[1.0, 2.0])
    assert len(result.alerts) == 1
    assert obstacles(result) == {"gone": Obstacle.not_in_profile}
    assert result.not_checked[0].samples == 2


def test_limits_that_are_no_numbers_are_reported_and_the_others_checked() -> None:
    profile = made_profile(features=2)
    broken = msgspec.structs.replace(profile.features["f0"], two_ucl=math.nan)
    profile = msgspec.structs.replace(profile, features={**profile.features, "f0": broken})
    result = checked(profile, f0=[9.0], f1=[9.0])
    assert obstacles(result) == {"f0": Obstacle.unusable_profile}
    assert [alert["feature"] for alert in alerts_of(result)] == ["f1"]


def test_a_malformed_rule_is_an_error_of_the_profile() -> None:
    with pytest.raises(InvalidInput, match="eight integers"):
        checked(made_profile(rule={"rule": "8 16", "zones_to_monitor": list(Zone)}), f0=[1.0])


def test_the_trend_is_reported_whatever_the_zones() -> None:
    rule = {"rule": "0 0 0 0 0 0 0 0", "zones_to_monitor": []}
    result = checked(made_profile(rule=rule), f0=[-2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5])
    assert alerts_of(result) == [{"feature": "f0", "kind": "Trend", "zone": "NotApplicable"}]
