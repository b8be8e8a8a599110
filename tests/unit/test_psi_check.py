"""PSI: the golden vectors of the real clients and of scipy, and everything that a window may hold."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.drift.expected import expected_bins, expected_bins_of
from scouter.drift.psi import observed_proportions, psi, psi_threshold
from scouter.drift.psi_check import check_psi
from scouter.wire.alerts import legacy_texts
from scouter.wire.check_results import CheckResult, Obstacle, PsiObservation
from scouter.wire.profiles import BinType, PsiFeature, PsiProfile, PsiThreshold
from tests import golden, profile_documents

KINDS: dict[str, Any] = {
    "Normal_0.05": {"Normal": {"alpha": 0.05}},
    "ChiSquare_0.05": {"ChiSquare": {"alpha": 0.05}},
    "Fixed_0.25": {"Fixed": {"threshold": 0.25}},
}
NO_BIN = -1_000_000


def made_profile(bins: int = 4, **alert_config: Any) -> PsiProfile:
    """One feature f0 with equal bins 1, 2, ..."""
    document = profile_documents.psi_profile(bins=bins)
    document["config"]["alert_config"].update(alert_config)
    return msgspec.convert(document, PsiProfile)


def threshold_of(kind: str, value: float) -> PsiThreshold:
    member = "threshold" if kind == "Fixed" else "alpha"
    return msgspec.convert({kind: {member: value}}, PsiThreshold)


def seen_in(result: CheckResult) -> dict[str, PsiObservation]:
    return {seen.name: seen for seen in result.observations if isinstance(seen, PsiObservation)}


# Thresholds


@pytest.mark.parametrize("case", golden.cases("psi_thresholds"))
def test_the_golden_thresholds(case: dict[str, Any]) -> None:
    for kind, expected in (("Normal", case["normal_threshold"]), ("ChiSquare", case["chi_square_threshold"])):
        computed = psi_threshold(threshold_of(kind, case["alpha"]), case["bins"], case["sample_size"])
        assert computed == pytest.approx(golden.number(expected), rel=1e-9, abs=0)


@pytest.mark.parametrize("kind", ["Normal", "ChiSquare"])
@pytest.mark.parametrize("bins", [1, 2, 10])
def test_alpha_zero_never_alerts(kind: str, bins: int) -> None:
    assert psi_threshold(threshold_of(kind, 0.0), bins, 1000) == math.inf


def test_one_bin_has_no_chi_square_threshold() -> None:
    assert psi_threshold(threshold_of("ChiSquare", 0.05), 1, 500) == math.inf
    assert psi_threshold(threshold_of("Normal", 0.05), 1, 500) == 0.0


# The index


@pytest.mark.parametrize(("case", "version", "result"), list(golden.results_by_version("psi_drift")))
def test_the_golden_indices_of_raw_values(case: dict[str, Any], version: str, result: dict[str, Any]) -> None:
    profile = golden.psi_profile(case["profile_case"], version)
    columns, expected = golden.columns(case["input"]["dataset"]), expected_bins(profile)
    for name, drift in result["features"].items():
        counts = counts_by_bin(profile, name, columns[name])
        observed = observed_proportions(expected[name].ids, counts)
        assert psi(expected[name].proportions, observed) == pytest.approx(drift, rel=1e-12, abs=1e-12)


def counts_by_bin(profile: PsiProfile, name: str, column: list[float | str]) -> Counter[int]:
    """drift.md 2.4: every value counts, also one that falls into no bin; +inf does fall into the last one."""
    codes = profile.config.feature_map.features.get(name, {})
    values = [float(codes.get(each, codes["missing"])) if isinstance(each, str) else each for each in column]
    return Counter(bin_of(profile.features[name], value) for value in values)


def bin_of(feature: PsiFeature, value: float) -> int:
    if feature.bin_type is BinType.Category:
        return next((each.id for each in feature.bins if each.id == value), NO_BIN)
    limits = [(each.id, each.lower, each.upper) for each in feature.bins]
    inside = (bin_id for bin_id, low, high in limits if low is not None and high is not None and low < value <= high)
    return next(inside, NO_BIN)


shares = st.lists(st.integers(0, 50), min_size=2, max_size=12).filter(any)


@given(shares)
def test_the_training_distribution_itself_has_not_drifted(counts: list[int]) -> None:
    proportions = np.array(counts) / sum(counts)
    assert psi(proportions, proportions) == 0


@given(st.data())
def test_the_index_is_the_sum_of_the_prose_and_never_negative(data: st.DataObject) -> None:
    expected = data.draw(shares)
    observed = data.draw(st.lists(st.integers(0, 50), min_size=len(expected), max_size=len(expected)).filter(any))
    p, q = [x / sum(expected) for x in expected], [x / sum(observed) for x in observed]
    by_hand = math.fsum((p[b] - q[b]) * math.log((p[b] + 1e-10) / (q[b] + 1e-10)) for b in range(len(p)))
    computed = psi(np.array(p), np.array(q))
    assert computed == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
    assert computed >= 0


# Checks


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", golden.cases("psi_check"))
def test_the_golden_checks(case: dict[str, Any], kind: str) -> None:
    """No case differs, single categories included: the vectors already hold the server's rules."""
    document = msgspec.to_builtins(golden.psi_profile(case["profile_case"], case["profile_version"]))
    document["config"]["alert_config"].update(features_to_monitor=case["features_to_monitor"], threshold=KINDS[kind])
    result = check_psi(msgspec.convert(document, PsiProfile), golden_window(case))
    seen = seen_in(result)
    evaluated = {name: want for name, want in case["expected"].items() if want["evaluated"]}
    assert seen.keys() == evaluated.keys()
    for name, want in evaluated.items():
        assert_as_expected(seen[name], want, want["thresholds"][kind])
    assert_alerts(result, [want["thresholds"][kind] for want in evaluated.values()])
    assert {left.name for left in result.not_checked} == case["expected"].keys() - evaluated.keys()


def golden_window(case: Mapping[str, Any]) -> dict[str, Counter[int]]:
    window: dict[str, Counter[int]] = defaultdict(Counter)
    for record in case["records"]:
        if record["created_at"] > case["previous_run"]:
            window[record["feature"]][record["bin_id"]] += record["bin_count"]
    return window


def assert_as_expected(seen: PsiObservation, want: Mapping[str, Any], by_kind: Mapping[str, Any]) -> None:
    assert (seen.bins, seen.samples) == (want["bins"], want["sample_size"])
    assert seen.drift == pytest.approx(want["psi"], rel=1e-9, abs=1e-12)
    if by_kind["threshold"] is None:
        assert seen.threshold is None
    else:
        assert seen.threshold == pytest.approx(by_kind["threshold"], rel=1e-9, abs=1e-12)


def assert_alerts(result: CheckResult, expected: list[Mapping[str, Any]]) -> None:
    wanted = sorted((want for want in expected if want["alert"]), key=lambda want: want["stored_0_6_4"]["entity_name"])
    assert len(result.alerts) == len(wanted)
    for alert, want in zip(result.alerts, wanted, strict=True):
        assert_alike(msgspec.to_builtins(alert)["Psi"], want["stored_0_25_0"]["Psi"])
        assert_alike(legacy_texts(alert), want["stored_0_6_4"])


def assert_alike(alert: Mapping[str, Any], want: Mapping[str, Any]) -> None:
    """Numbers, texts of numbers too, may differ in their last digits: the quantile is not scipy's own."""
    assert alert.keys() == want.keys()
    for key, value in want.items():
        if key in ("feature", "entity_name"):
            assert alert[key] == value
        else:
            assert type(alert[key]) is type(value)
            assert float(alert[key]) == pytest.approx(float(value), rel=1e-9)


@pytest.mark.parametrize("case", golden.cases("psi_check"))
def test_the_golden_proportions(case: dict[str, Any]) -> None:
    profile, window = golden.psi_profile(case["profile_case"], case["profile_version"]), golden_window(case)
    for name, want in case["expected"].items():
        if want["evaluated"]:
            ids = expected_bins_of(profile.features[name]).ids
            shares = dict(zip(map(str, ids), observed_proportions(ids, window[name]), strict=True))
            known = {bin_id: share for bin_id, share in want["proportions"].items() if bin_id in shares}
            assert {bin_id: share for bin_id, share in shares.items() if share or bin_id in known} == known


def test_the_minimum_sample_is_more_than_ten_a_bin() -> None:
    profile = made_profile(bins=4)
    (left,) = check_psi(profile, {"f0": {1: 40}}).not_checked
    assert (left.obstacle, left.samples) == (Obstacle.too_few_samples, 40)
    assert "more than 40 observations" in left.detail
    assert len(check_psi(profile, {"f0": {1: 41}}).alerts) == 1


def test_every_feature_has_a_minimum_sample_of_its_own() -> None:
    document = profile_documents.psi_profile(bins=4)
    document["features"]["f1"] = {**profile_documents.psi_profile(bins=2)["features"]["f0"], "id": "f1"}
    document["config"]["alert_config"]["features_to_monitor"] = []
    result = check_psi(msgspec.convert(document, PsiProfile), {"f0": {1: 30}, "f1": {1: 30}})
    assert [seen.name for seen in result.observations] == ["f1"]
    assert [left.name for left in result.not_checked] == ["f0"]


def test_bins_that_the_profile_lacks_count_in_the_total_only() -> None:
    seen = seen_in(check_psi(made_profile(bins=2), {"f0": {1: 50, 2: 50, 99: 100}}))["f0"]
    assert (seen.samples, seen.unknown) == (200, 100)
    assert seen.drift == pytest.approx(2 * 0.25 * math.log(0.5 / 0.25), rel=1e-8)


def test_the_threshold_itself_does_not_alert() -> None:
    drift = seen_in(check_psi(made_profile(), {"f0": {1: 100, 2: 50}}))["f0"].drift
    for fixed, alerts in ((drift, 0), (math.nextafter(drift, 0), 1)):
        profile = made_profile(threshold={"Fixed": {"threshold": fixed}})
        assert len(check_psi(profile, {"f0": {1: 100, 2: 50}}).alerts) == alerts


@pytest.mark.parametrize(("kind", "alerts"), [("ChiSquare_0.05", 0), ("Normal_0.05", 1), ("Fixed_0.25", 1)])
def test_a_single_category_drifts_when_unknown_ones_appear_but_never_by_chi_square(kind: str, alerts: int) -> None:
    document = profile_documents.psi_profile(bins=1)
    document["features"]["f0"] |= {
        "bins": [{"id": 0, "lower_limit": None, "upper_limit": None, "proportion": 1.0}],
        "bin_type": "Category",
    }
    document["config"]["alert_config"]["threshold"] = KINDS[kind]
    result = check_psi(msgspec.convert(document, PsiProfile), {"f0": {0: 100, 1: 200}})
    assert len(result.alerts) == alerts
    assert (seen_in(result)["f0"].threshold is None) == (kind == "ChiSquare_0.05")


def test_no_features_to_monitor_means_all_of_the_profile() -> None:
    result = check_psi(made_profile(features_to_monitor=[]), {"f0": {1: 100}, "stranger": {1: 100}})
    assert [alert.psi.feature for alert in result.alerts if alert.psi] == ["f0"]
    assert result.not_checked == ()


def test_what_cannot_be_checked_is_reported() -> None:
    profile = made_profile(features_to_monitor=["f0", "gone", "bare"])
    profile.features["bare"] = msgspec.structs.replace(profile.features["f0"], bins=())
    result = check_psi(profile, {"f0": {1: 0, 2: 0}, "gone": {1: 7}, "bare": {1: 7}})
    assert {(left.name, left.obstacle, left.samples) for left in result.not_checked} == {
        ("f0", Obstacle.no_data, 0),
        ("gone", Obstacle.not_in_profile, 7),
        ("bare", Obstacle.unusable_profile, 7),
    }
    assert (result.alerts, result.observations) == ((), ())


def test_proportions_that_are_no_shares_are_reported() -> None:
    profile = made_profile()
    broken = msgspec.structs.replace(profile.features["f0"].bins[0], proportion=math.nan)
    profile.features["f0"] = msgspec.structs.replace(profile.features["f0"], bins=(broken,))
    assert check_psi(profile, {"f0": {1: 100}}).not_checked[0].obstacle is Obstacle.unusable_profile


def test_counts_beyond_any_column_leave_a_result_that_json_can_carry() -> None:
    result = check_psi(made_profile(), {"f0": {1: 2**62, 2: 2**62, 3: 2**62, 77: 2**65}})
    assert msgspec.json.decode(msgspec.json.encode(result), type=CheckResult) == result
    assert result.observations[0].samples == 2**63 - 1
