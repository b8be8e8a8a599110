"""Which profiles are registered: all that real clients make, none that a check would trip over."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scouter.drift.acceptance import MOST_PROBLEMS, problems_of, require_acceptable
from scouter.errors import InvalidInput, SeveralInvalid
from scouter.wire.profiles import CustomProfile, DriftType, Profile, SpcProfile, decode_profile, superset_document

CONTRACT = Path(__file__).parents[1] / "contract"
NOW = datetime(2026, 11, 22, 17, 0, 0, tzinfo=UTC)


def real_profiles() -> Iterator[Any]:
    for path in sorted((CONTRACT / "samples").glob("*/register_profile.*.request.json")):
        body = json.loads(path.read_text())["body"]
        yield pytest.param(DriftType(body["drift_type"]), body["profile"], id=f"{path.parent.name}/{path.name}")
    for drift_type in DriftType:
        document = json.loads((CONTRACT / "golden" / f"{drift_type.lower()}_profiles.json").read_text())
        for case in document["cases"]:
            for version, outcome in case["by_version"].items():
                text = json.dumps(outcome.get("result"))
                if "result" in outcome and not (drift_type is DriftType.Spc and '_ucl": null' in text):
                    yield pytest.param(drift_type, text, id=f"{drift_type}-{case['case']}-{version}")


def document_of(call: str) -> dict[str, Any]:
    path = CONTRACT / "samples" / "0.25.0" / f"register_profile.{call}.request.json"
    document: dict[str, Any] = json.loads(json.loads(path.read_text())["body"]["profile"])
    return document


def altered(call: str, changes: dict[str, object]) -> Profile:
    document = document_of(call)
    for path, value in changes.items():
        *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        place: Any = document
        for step in parents:
            place = place[step]
        place[last] = value
    return decode_profile(DriftType(call.partition(".")[0].capitalize()), json.dumps(document))


@pytest.mark.parametrize(("drift_type", "text"), list(real_profiles()))
def test_every_profile_of_a_real_client_is_accepted(drift_type: DriftType, text: str) -> None:
    profile = decode_profile(drift_type, text)
    assert problems_of(profile, now=NOW) == []
    require_acceptable(profile, NOW)
    stored = superset_document(drift_type, text, uid="u", space="s", name="n", version="1.0.0")
    assert problems_of(decode_profile(drift_type, stored), now=NOW) == []


A = "config/alert_config"
FIELD_A = "profile.config.alert_config"
DISPATCH = f"{FIELD_A}.dispatch_config"


@pytest.mark.parametrize(
    ("call", "changes", "field", "accepted"),
    [
        ("spc", {"config/space": ""}, "profile.config.space", "1 to 200 characters"),
        ("spc", {"config/name": "n" * 201}, "profile.config.name", "1 to 200 characters"),
        ("spc", {"config/name": "a\nb"}, "profile.config.name", "without control characters"),
        ("spc", {"config/version": ""}, "profile.config.version", "1 to 200 characters"),
        ("spc", {f"{A}/schedule": "0 0 * * *"}, f"{FIELD_A}.schedule", "there are 5 fields"),
        ("psi", {f"{A}/schedule": "0 0 0 30 2 *"}, f"{FIELD_A}.schedule", "fires again after 2026-11-22T17:00:00"),
        ("custom", {f"{A}/schedule": "0 0 0 * * * 2025"}, f"{FIELD_A}.schedule", "fires again after"),
        ("spc.slack", {f"{A}/dispatch_config/Slack/channel": " "}, f"{DISPATCH}.Slack.channel", "Slack"),
        (
            "spc.opsgenie",
            {f"{A}/dispatch_config/OpsGenie/team": ""},
            f"{FIELD_A}.dispatch_config.OpsGenie.team",
            "team",
        ),
        ("spc", {"config/sample_size": 0}, "profile.config.sample_size", "at least 1"),
        ("spc", {f"{A}/rule/rule": "8 16 4 8 2 4 1"}, f"{FIELD_A}.rule.rule", "eight integers"),
        ("spc", {f"{A}/rule/rule": "8  16 4 8 2 4 1 1"}, f"{FIELD_A}.rule.rule", "single spaces"),
        ("spc", {f"{A}/rule/rule": "8 16 4 8 2 4 1 x"}, f"{FIELD_A}.rule.rule", "eight integers"),
        ("spc", {f"{A}/rule/rule": "8 16 4 8 2 4 1 1\n"}, f"{FIELD_A}.rule.rule", "eight integers"),
        ("spc", {f"{A}/features_to_monitor": ["f0", "zz"]}, f"{FIELD_A}.features_to_monitor[1]", "f0, f1, f2"),
        ("spc", {"features/f1/one_ucl": 99.0}, "profile.features.f1.one_ucl", "not above two_ucl"),
        ("spc", {"features/f1/three_lcl": 0.5}, "profile.features.f1.three_lcl", "not above two_lcl"),
        ("spc", {"features/f1/timestamp": "2025-01-02"}, "profile.features.f1.timestamp", "offset"),
        ("psi", {f"{A}/threshold": {"ChiSquare": {"alpha": 1}}}, f"{FIELD_A}.threshold.ChiSquare.alpha", "without, 1"),
        ("psi", {f"{A}/threshold": {"Normal": {"alpha": -0.1}}}, f"{FIELD_A}.threshold.Normal.alpha", "from 0"),
        ("psi", {f"{A}/threshold": {"Fixed": {"threshold": -1}}}, f"{FIELD_A}.threshold.Fixed.threshold", "at least 0"),
        ("psi", {f"{A}/features_to_monitor": ["zz"]}, f"{FIELD_A}.features_to_monitor[0]", "a feature of the profile"),
        ("psi", {"config/categorical_features": ["zz"]}, "profile.config.categorical_features[0]", "a feature"),
        ("psi", {"features/f0/bins/3/id": 2**31}, "profile.features.f0.bins[3].id", "within 32 bits"),
        ("psi", {"features/cat/bins/0/proportion": 0.9}, "profile.features.cat.bins", "add up to 1"),
        ("psi", {"features/f0/bins/3/proportion": 1.5}, "profile.features.f0.bins[3].proportion", "from 0 to 1"),
        ("psi", {"features/f0/bins/0/lower_limit": -99.0}, "profile.features.f0.bins[0].lower_limit", "'-inf'"),
        ("psi", {"features/f0/bins/9/upper_limit": 99.0}, "profile.features.f0.bins[9].upper_limit", "'inf'"),
        ("psi", {"features/f0/bins/3/lower_limit": -50.0}, "profile.features.f0.bins[3].lower_limit", "the bin before"),
        ("psi", {"features/f0/bins/3/upper_limit": None}, "profile.features.f0.bins[3].upper_limit", "not below"),
        ("psi", {"features/cat/bins/0/lower_limit": 0.0}, "profile.features.cat.bins[0].lower_limit", "null"),
        ("psi", {"features/cat/bins": []}, "profile.features.cat.bins", "at least one bin"),
        ("psi", {"config/feature_map/features/cat/b": -1}, "profile.config.feature_map.features.cat.b", "from 0 on"),
        (
            *("psi", {"config/binning_strategy": {"QuantileBinning": {"num_bins": 1}}}),
            *("profile.config.binning_strategy.QuantileBinning.num_bins", "at least 2"),
        ),
        (
            *("psi", {"config/binning_strategy": {"EqualWidthBinning": {"method": {"Manual": {"num_bins": -3}}}}}),
            *("profile.config.binning_strategy.EqualWidthBinning.method.Manual.num_bins", "at least 2"),
        ),
        ("custom", {"config/sample_size": -5}, "profile.config.sample_size", "at least 1"),
        ("custom", {"metrics": {}, f"{A}/alert_conditions": None}, "profile.metrics", "at least one metric"),
        (
            "custom",
            {"metrics": {"mae": 1, "f1": 1}},
            f"{FIELD_A}.alert_conditions.acc",
            "a metric of the profile: f1, mae",
        ),
        (
            *("custom", {f"{A}/alert_conditions/mae/delta": -0.5}),
            *(f"{FIELD_A}.alert_conditions.mae.delta", "alerts on the baseline itself"),
        ),
        (
            *("custom", {f"{A}/alert_conditions/mae/alert_threshold_value": 3.0}),
            *(f"{FIELD_A}.alert_conditions.mae.alert_threshold_value", "the same as delta"),
        ),
    ],
)
def test_what_a_check_would_trip_over_is_refused(
    call: str, changes: dict[str, object], field: str, accepted: str
) -> None:
    problems = problems_of(altered(call, changes), now=NOW)
    fields = [problem.field for problem in problems]
    assert field in fields, fields
    assert accepted in problems[fields.index(field)].accepted
    with pytest.raises(InvalidInput):
        require_acceptable(altered(call, changes), NOW)


@pytest.mark.parametrize(
    ("call", "changes"),
    [
        ("spc", {f"{A}/rule/rule": "0 -1 4 8 2 4 1 1"}),
        ("spc", {f"{A}/features_to_monitor": []}),
        ("spc", {f"{A}/rule/zones_to_monitor": []}),
        ("spc", {"config/version": "release of May"}),
        ("psi", {f"{A}/threshold": {"ChiSquare": {"alpha": 0}}}),
        ("psi", {f"{A}/threshold": {"Fixed": {"threshold": 0}}}),
        ("psi", {"features/f0/bins/3/proportion": 0.1004}),
        ("custom", {f"{A}/alert_conditions": None}),
        ("custom", {f"{A}/alert_conditions": {}}),
        ("custom", {f"{A}/alert_conditions/mae/delta": 0}),
        ("custom", {"metrics/unchecked": 1.0}),
    ],
)
def test_what_is_unusual_but_sound_is_accepted(call: str, changes: dict[str, object]) -> None:
    assert problems_of(altered(call, changes), now=NOW) == []


def test_a_constant_feature_is_accepted() -> None:
    limits = ("center", "one_ucl", "one_lcl", "two_ucl", "two_lcl", "three_ucl", "three_lcl")
    assert problems_of(altered("spc", {f"features/f0/{name}": 7.0 for name in limits}), now=NOW) == []


def test_numeric_bins_may_come_in_any_order() -> None:
    bins = list(reversed(document_of("psi")["features"]["f0"]["bins"]))
    assert problems_of(altered("psi", {"features/f0/bins": bins}), now=NOW) == []


def test_twice_the_same_bin_id_is_refused() -> None:
    ids = [each["id"] for each in document_of("psi")["features"]["cat"]["bins"]]
    [problem] = problems_of(altered("psi", {"features/cat/bins/2/id": ids[0]}), now=NOW)
    assert (problem.field, problem.value) == ("profile.features.cat.bins[2].id", str(ids[0]))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_cannot_carry_are_refused_all_the_same(value: float) -> None:
    spc = altered("spc", {})
    assert isinstance(spc, SpcProfile)
    features = spc.features | {"f0": msgspec.structs.replace(spc.features["f0"], center=value)}
    [problem] = problems_of(msgspec.structs.replace(spc, features=features), now=NOW)
    assert (problem.field, problem.accepted) == ("profile.features.f0.center", "a finite number")
    custom = altered("custom", {})
    assert isinstance(custom, CustomProfile)
    [problem] = problems_of(msgspec.structs.replace(custom, metrics=custom.metrics | {"f1": value}), now=NOW)
    assert (problem.field, problem.accepted) == ("profile.metrics.f1", "a finite baseline")


def test_a_profile_without_features_is_refused() -> None:
    changes: dict[str, object] = {"features": {}, f"{A}/features_to_monitor": []}
    assert [problem.field for problem in problems_of(altered("spc", changes), now=NOW)] == ["profile.features"]


def test_one_problem_is_raised_as_it_is() -> None:
    with pytest.raises(InvalidInput) as refused:
        require_acceptable(altered("spc", {"config/sample_size": 0}), NOW)
    assert not isinstance(refused.value, SeveralInvalid)


def test_several_problems_are_raised_as_one_error_that_lists_them() -> None:
    changes: dict[str, object] = {"config/sample_size": 0, f"{A}/schedule": "never", "features/f1/one_ucl": 99.0}
    with pytest.raises(SeveralInvalid) as refused:
        require_acceptable(altered("spc", changes), NOW)
    error = refused.value
    assert (error.field, error.value) == (f"{FIELD_A}.schedule", "'never'")
    assert str(error) == error.message
    assert len(error.problems) == 3
    for problem in error.problems:
        assert problem.message in error.message


def test_a_list_that_was_cut_says_so() -> None:
    problems = [InvalidInput(f"f{n}", n, "nothing") for n in range(20)]
    assert SeveralInvalid(problems, are_all=False).message.endswith(
        "f19: 19 is not accepted; expected nothing; and more"
    )
    assert SeveralInvalid(problems).message.endswith("f19: 19 is not accepted; expected nothing")


MANY = 40_000


def of_unknown_features(call: str, path: str) -> Profile:
    """As many features as that, and as many names of others."""
    changes: dict[str, object] = {path: [f"unknown{n}" for n in range(MANY)]}
    document = document_of(call)
    (feature, *_) = document["features"].values()
    return altered(call, {"features": {f"f{n}": feature for n in range(MANY)}, **changes})


def of_unknown_metrics() -> Profile:
    condition = {"alert_threshold": "Above", "delta": -1.0, "baseline_value": 1.0}
    return altered(
        "custom",
        {
            "metrics": {f"m{n}": 1.0 for n in range(MANY)},
            f"{A}/alert_conditions": {f"unknown{n}": condition for n in range(MANY)},
        },
    )


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(lambda: of_unknown_features("spc", f"{A}/features_to_monitor"), id="features to monitor"),
        pytest.param(lambda: of_unknown_features("psi", "config/categorical_features"), id="categories"),
        pytest.param(of_unknown_metrics, id="metrics"),
    ],
)
def test_many_wrong_names_are_refused_as_soon_as_a_few(profile: Callable[[], Profile]) -> None:
    made = profile()
    began = time.process_time()
    with pytest.raises(SeveralInvalid) as refused:
        require_acceptable(made, NOW)
    assert time.process_time() - began < 1
    assert len(refused.value.problems) == MOST_PROBLEMS
    assert refused.value.message.endswith("; and more")


@pytest.mark.parametrize(
    ("call", "changes"),
    [
        ("custom", {f"{A}/alert_conditions": {"x" * 10**6: {"alert_threshold": "Above", "delta": -1.0}}}),
        ("psi", {"config/feature_map/features/" + "x" * 10**6: {"y" * 10**6: -1}}),
        ("spc", {"features": {}, "config/name": "x" * 10**6}),
    ],
)
def test_an_error_is_short_however_long_the_names_are(call: str, changes: dict[str, object]) -> None:
    problems = problems_of(altered(call, changes), now=NOW)
    assert problems
    assert all(len(problem.message) < 2000 for problem in problems)
