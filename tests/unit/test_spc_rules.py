"""Zone codes and rules of control charts: the golden vectors, and a second implementation straight from the prose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scouter.drift.spc import Finding, RuleCounts, findings, limits_of, zone_codes
from scouter.errors import InvalidInput
from scouter.wire.alerts import SpcKind
from scouter.wire.profiles import SpcFeature, Zone
from tests import golden

DEFAULT_RULE = "8 16 4 8 2 4 1 1"
ZONES = (Zone.Zone1, Zone.Zone2, Zone.Zone3, Zone.Zone4)
WHOLE_SIGMAS = np.arange(-3.0, 4.0)
whole_codes = st.integers(-4, 4)


def found_in(codes: Sequence[float], rule: str = DEFAULT_RULE, zones: Sequence[Zone] = ZONES) -> list[Finding]:
    """What the rules find in one series."""
    (found,) = findings(np.array(codes, dtype=np.float64), np.array([len(codes)]), RuleCounts.parse(rule), zones)
    assert len(set(found)) == len(found)
    return list(found)


def codes_of(values: Sequence[float], limits: Sequence[float] | np.ndarray[Any, Any] = WHOLE_SIGMAS) -> list[int]:
    codes: list[int] = zone_codes(np.array(values, dtype=np.float64), np.array(limits)[:, None]).tolist()
    return codes


# Zone codes


@pytest.mark.parametrize(("case", "version", "result"), list(golden.results_by_version("spc_drift")))
def test_the_golden_zone_codes(case: dict[str, Any], version: str, result: dict[str, Any]) -> None:
    """Two differences are on purpose ([R] of drift.md 1.4 and 1.7): exactly three sigma is ±3, NaN has no code."""
    profile = golden.spc_profile(case["profile_case"], version)
    for name, seen in result["features"].items():
        feature = profile.features[name]
        values = samples_of(case, name, seen)
        kept = [(value, code) for value, code in zip(values, seen["drift"], strict=True) if not math.isnan(value)]
        assert len(kept) == len(values) - (case["case"] == "nan_sample" and name == "feature_0")
        expected = [three_sigma_is_three(value, int(code), feature) for value, code in kept]
        assert codes_of([value for value, _ in kept], limits_of(feature)) == expected


def samples_of(case: dict[str, Any], name: str, seen: dict[str, Any]) -> list[float]:
    if "columns" in case["input"]:  # JSON has lost what is not finite from the samples
        return [golden.number(value) for value in case["input"]["columns"][name]]
    samples: list[float] = seen["samples"]
    return samples


def three_sigma_is_three(value: float, code: int, feature: SpcFeature) -> int:
    if value in (feature.three_lcl, feature.three_ucl) and value != feature.center:
        assert code == 0, "this is the client's defect that the server does not copy"
        return 3 if value > feature.center else -3
    return code


def test_the_golden_codes_do_hold_values_at_exactly_three_sigma() -> None:
    feature = golden.spc_profile("boundary").features["feature_0"]
    assert codes_of([feature.three_ucl, feature.three_lcl], limits_of(feature)) == [3, -3]


@given(st.one_of(st.floats(allow_nan=False), st.sampled_from(WHOLE_SIGMAS.tolist())))
def test_the_zone_is_the_one_of_the_table(value: float) -> None:
    assert codes_of([value]) == [code_by_the_table(value)]


def code_by_the_table(value: float) -> int:
    """drift.md 1.4, line by line, with the required ±3 at exactly three sigma."""
    table = [
        (value > 3, 4),
        (value < -3, -4),
        (2 <= value <= 3, 3),
        (1 <= value < 2, 2),
        (0 < value < 1, 1),
        (-3 <= value <= -2, -3),
        (-2 < value <= -1, -2),
        (-1 < value < 0, -1),
    ]
    return next((code for holds, code in table if holds), 0)


def test_a_constant_feature_is_at_its_center_or_out_of_bounds() -> None:
    assert codes_of([4.0, 4.5, 3.5, math.inf, -math.inf], [4.0] * 7) == [0, 4, -4, 4, -4]


def test_the_center_is_zero_even_when_rounding_puts_limits_on_it() -> None:
    # A sigma of a third of the last place: the limits at one and two sigma fall on the center.
    step = math.ulp(1e9)
    limits = [1e9 - step, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9 + step]
    assert codes_of([1e9, 1e9 + step, 1e9 - step], limits) == [0, 3, -3]


# Rule texts


@pytest.mark.parametrize(
    "text", [*golden.document("spc_alert_rules")["malformed_rules"], " 8 16 4 8 2 4 1 1", "٨ 16 4 8 2 4 1 1"]
)
def test_a_malformed_rule_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="eight integers"):
        RuleCounts.parse(text)


def test_a_rule_text_alternates_between_the_two_counts_of_a_zone() -> None:
    assert RuleCounts.parse("8 16 4 8 2 -4 +1 0") == RuleCounts((8, 4, 2, 1), (16, 8, -4, 0))


# Rules


@pytest.mark.parametrize("case", golden.cases("spc_alert_rules"))
def test_the_golden_alerts(case: dict[str, Any]) -> None:
    """The codes are taken in the order that they stand in: no case differs."""
    zones = [Zone(zone) for zone in case["zones_to_monitor"]]
    expected = {(alert["kind"], alert["zone"]) for alert in case["alerts"]}
    assert set(found_in(case["drift"], case["rule"], zones)) == expected


def test_whole_codes_are_looked_at_the_same_way() -> None:
    for case in golden.document("spc_alert_rules")["cases"]:
        codes = np.array(case["drift"])
        if np.all(codes == codes.astype(np.int8)):
            rule, zones = RuleCounts.parse(case["rule"]), [Zone(zone) for zone in case["zones_to_monitor"]]
            lengths = np.array([len(codes)])
            assert findings(codes.astype(np.int8), lengths, rule, zones) == findings(codes, lengths, rule, zones)


counts = st.integers(-1, 6)
rules = st.lists(counts, min_size=8, max_size=8).map(lambda each: " ".join(map(str, each)))
zones_to_monitor = st.sets(st.sampled_from(list(Zone))).map(tuple)
series = st.one_of(
    st.lists(whole_codes, max_size=40),
    st.lists(st.integers(-1, 1), max_size=40),  # long runs near the center
    st.lists(st.sampled_from([-4, -3, 3, 4]), max_size=40),
    st.lists(st.integers(-1, 1), max_size=40).map(lambda steps: np.cumsum(steps).clip(-4, 4).tolist()),
)


@settings(max_examples=500)
@given(series, st.one_of(st.just(DEFAULT_RULE), rules), zones_to_monitor)
def test_the_rules_say_what_the_prose_says(codes: list[int], rule: str, zones: tuple[Zone, ...]) -> None:
    assert set(found_in(codes, rule, zones)) == found_by_the_prose(codes, rule, zones)


short_runs = st.lists(st.sampled_from([1, 1, 2, -1, 0]), max_size=6)


@settings(max_examples=500)
@given(st.lists(st.one_of(short_runs, series), min_size=2, max_size=6), rules, zones_to_monitor)
def test_series_beside_one_another_do_not_touch(many: list[list[int]], rule: str, zones: tuple[Zone, ...]) -> None:
    together = np.array([code for each in many for code in each], dtype=np.int8)
    lengths = np.array([len(each) for each in many], dtype=np.intp)
    found = findings(together, lengths, RuleCounts.parse(rule), zones)
    assert found == [tuple(found_in(each, rule, zones)) for each in many]


@given(series, rules)
def test_the_other_side_of_the_center_is_the_same(codes: list[int], rule: str) -> None:
    assert found_in(codes, rule) == found_in([-code for code in codes], rule)


def found_by_the_prose(codes: Sequence[int], rule: str, zones: Sequence[Zone]) -> set[tuple[SpcKind, Zone]]:
    """drift.md 1.5 sentence by sentence: every index, every zone, the last so many values written out."""
    numbers = [int(part) for part in rule.split(" ")]
    found = {(SpcKind.Trend, Zone.NotApplicable)} if has_trend(codes) else set()
    for i in range(len(codes)):
        for z in (1, 2, 3, 4):
            zone = Zone(f"Zone{z}")
            if abs(codes[i]) != z or zone not in zones:
                continue
            if is_consecutive(codes[: i + 1], numbers[2 * z - 2], z):
                found.add((SpcKind.OutOfBounds if z == 4 else SpcKind.Consecutive, zone))
            if is_alternating(codes[: i + 1], numbers[2 * z - 1], z):
                found.add((SpcKind.OutOfBounds if z == 4 else SpcKind.Alternating, zone))
    return found


def is_consecutive(codes: Sequence[int], count: int, zone: int) -> bool:
    last = codes[len(codes) - count :]
    if count <= 0 or len(codes) < count:
        return False
    return all(code >= zone for code in last) or all(code <= -zone for code in last)


def is_alternating(codes: Sequence[int], count: int, zone: int) -> bool:
    last = codes[len(codes) - count :]
    if count <= 0 or len(codes) < count:
        return False
    return all(abs(code) >= zone for code in last) and all(last[i] != last[i - 1] for i in range(1, count))


def has_trend(codes: Sequence[int]) -> bool:
    windows = [codes[i : i + 7] for i in range(len(codes) - 6)]
    rising = any(all(window[i] < window[i + 1] for i in range(6)) for window in windows)
    return rising or any(all(window[i] > window[i + 1] for i in range(6)) for window in windows)
