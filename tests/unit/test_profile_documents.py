"""Profile documents: what the real clients send decodes, the stored form suits all of them, refusals name the field."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from scouter.errors import InvalidInput, Undecodable
from scouter.wire.decoding import decode_json
from scouter.wire.profiles import (
    AlertThreshold,
    BinType,
    ChiSquareThreshold,
    ConsoleDispatch,
    CustomProfile,
    DispatchConfig,
    DriftType,
    OpsGenieDispatch,
    ProfileStatusRequest,
    PsiProfile,
    RegisterProfileReply,
    RegisterProfileRequest,
    SlackDispatch,
    SpcProfile,
    Zone,
    accepted_by_profiles,
    decode_profile,
    superset_document,
)
from scouter.wire.versions import VersionRequest

CONTRACT = Path(__file__).parents[1] / "contract"
Body = TypeVar("Body")
IDENTITY = {"uid": "u-1", "space": "s2", "name": "n2", "version": "9.9.9"}


def decode_body(wanted: type[Body], body: bytes) -> Body:
    return decode_json(msgspec.json.Decoder(wanted), body, accepted=accepted_by_profiles)


def registrations() -> list[Any]:
    paths = sorted((CONTRACT / "samples").glob("*/register_profile.*.request.json"))
    return [pytest.param(json.loads(path.read_text())["body"], id=f"{path.parent.name}/{path.name}") for path in paths]


def golden_results(drift_type: DriftType) -> Iterator[tuple[str, dict[str, Any]]]:
    document = json.loads((CONTRACT / "golden" / f"{drift_type.lower()}_profiles.json").read_text())
    for case in document["cases"]:
        for version, outcome in case["by_version"].items():
            if "result" in outcome:
                yield f"{drift_type}-{case['case']}-{version}", outcome["result"]


def has_null_limits(profile: dict[str, Any]) -> bool:
    return any(feature.get("one_ucl", 0.0) is None for feature in profile.get("features", {}).values())


def golden_profiles(*, null_limits: bool) -> list[Any]:
    return [
        pytest.param(drift_type, profile, id=name)
        for drift_type in DriftType
        for name, profile in golden_results(drift_type)
        if has_null_limits(profile) is null_limits
    ]


def registered(version: str, call: str) -> dict[str, Any]:
    path = CONTRACT / "samples" / version / f"register_profile.{call}.request.json"
    profile: dict[str, Any] = json.loads(json.loads(path.read_text())["body"]["profile"])
    return profile


def superset(drift_type: DriftType, document: dict[str, Any]) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(superset_document(drift_type, json.dumps(document), **IDENTITY))
    return stored


def holds(document: Any, path: str) -> bool:
    """Whether `path` of a sample's `required` list is there; map keys in it stand for every entry."""
    places = [document]
    for step in path.replace("[]", ".[]").split("."):
        if step == "[]" or step.startswith("<"):
            places = [each for place in places for each in (place.values() if isinstance(place, dict) else place)]
        elif all(step in place for place in places):
            places = [place[step] for place in places]
        else:
            return False
    return True


@pytest.mark.parametrize("body", registrations())
def test_every_recorded_registration_decodes(body: dict[str, Any]) -> None:
    request = decode_body(RegisterProfileRequest, json.dumps(body).encode())
    profile = decode_profile(request.drift_type, request.profile)
    sent = json.loads(body["profile"])
    assert (profile.config.space, profile.config.name) == (sent["config"]["space"], sent["config"]["name"])
    assert profile.config.uid == sent["config"].get("uid")
    assert profile.config.drift_type == request.drift_type
    assert (request.version_request is None) == ("version_request" not in body)


@pytest.mark.parametrize(("drift_type", "document"), golden_profiles(null_limits=False))
def test_every_golden_profile_decodes_to_the_exact_numbers(drift_type: DriftType, document: dict[str, Any]) -> None:
    profile = decode_profile(drift_type, json.dumps(document))
    match profile:
        case SpcProfile():
            for name, feature in profile.features.items():
                assert feature.three_ucl == document["features"][name]["three_ucl"]
        case PsiProfile():
            for name, bins in profile.features.items():
                assert [each.lower_limit for each in bins.bins] == [
                    each["lower_limit"] for each in document["features"][name]["bins"]
                ]
        case CustomProfile():
            assert profile.metrics == document["metrics"]


@pytest.mark.parametrize(("drift_type", "document"), golden_profiles(null_limits=True))
def test_null_limits_are_refused_naming_the_feature(drift_type: DriftType, document: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="last chunk has a single row") as refused:
        decode_profile(drift_type, json.dumps(document))
    feature, limit = refused.value.field.removeprefix("profile.features.").split(".")
    assert document["features"][feature][limit] is None


def test_variants_read_as_typed_values() -> None:
    psi = decode_profile(DriftType.Psi, json.dumps(registered("0.25.0", "psi")))
    assert isinstance(psi, PsiProfile)
    assert psi.config.alert_config.threshold.chosen == ChiSquareThreshold(alpha=0.05)
    assert psi.config.alert_config.dispatch_config.chosen == ConsoleDispatch(enabled=True)
    assert psi.features["cat"].bin_type is BinType.Category
    assert psi.features["cat"].bins[0].lower is None
    assert (psi.features["f0"].bins[0].lower, psi.features["f0"].bins[-1].upper) == (float("-inf"), float("inf"))
    custom = decode_profile(DriftType.Custom, json.dumps(registered("0.6.4", "custom.opsgenie")))
    assert isinstance(custom, CustomProfile)
    assert custom.config.alert_config.dispatch_config.chosen == OpsGenieDispatch(team="team", priority="P5")
    conditions = custom.config.alert_config.alert_conditions or {}
    assert conditions["mae"].alert_threshold is AlertThreshold.Above
    assert (conditions["mae"].boundary, conditions["acc"].boundary) == (2.0, None)
    spc = decode_profile(DriftType.Spc, json.dumps(registered("0.9.0", "spc.slack")))
    assert isinstance(spc, SpcProfile)
    assert spc.config.alert_config.dispatch_config.chosen == SlackDispatch(channel="chan")
    assert spc.config.alert_config.rule.zones_to_monitor == (Zone.Zone1, Zone.Zone4)


def test_both_names_of_the_boundary_read_alike() -> None:
    old = decode_profile(DriftType.Custom, json.dumps(registered("0.6.4", "custom")))
    new = decode_profile(DriftType.Custom, json.dumps(registered("0.25.0", "custom")))
    assert isinstance(old, CustomProfile)
    assert isinstance(new, CustomProfile)
    for metric, condition in (old.config.alert_config.alert_conditions or {}).items():
        assert condition.boundary == (new.config.alert_config.alert_conditions or {})[metric].boundary


@pytest.mark.parametrize("body", registrations())
@pytest.mark.parametrize("reader", ["0.6.4", "0.9.0", "0.25.0"])
def test_the_stored_form_has_all_that_each_client_requires(body: dict[str, Any], reader: str) -> None:
    drift_type = DriftType(body["drift_type"])
    stored = json.loads(superset_document(drift_type, body["profile"], **IDENTITY))
    sample = CONTRACT / "samples" / reader / f"download_profile.{drift_type.lower()}.response.json"
    variants = ("dispatch_config.", "threshold.ChiSquare", "binning_strategy.Quantile")
    for path in json.loads(sample.read_text())["required"]:
        if not any(variant in path for variant in variants):
            assert holds({drift_type: stored}, path), path


@pytest.mark.parametrize("body", registrations())
def test_the_stored_form_keeps_what_was_sent_and_writes_the_identity(body: dict[str, Any]) -> None:
    drift_type = DriftType(body["drift_type"])
    sent = json.loads(body["profile"])
    stored = json.loads(superset_document(drift_type, body["profile"], **IDENTITY))
    assert {key: stored["config"][key] for key in IDENTITY} == IDENTITY
    assert stored["config"]["drift_type"] == drift_type
    assert stored.get("features") == sent.get("features")
    assert stored.get("metrics") == sent.get("metrics")
    assert stored["config"]["alert_config"]["schedule"] == sent["config"]["alert_config"]["schedule"]


@pytest.mark.parametrize("body", registrations())
def test_storing_a_stored_form_changes_nothing(body: dict[str, Any]) -> None:
    drift_type = DriftType(body["drift_type"])
    once = superset_document(drift_type, body["profile"], **IDENTITY)
    assert superset_document(drift_type, once, **IDENTITY) == once


@pytest.mark.parametrize("kind", ["psi", "custom"])
def test_the_replayed_superset_samples_are_reproduced(kind: str) -> None:
    path = CONTRACT / "samples" / "http-only" / f"superset.profile.{kind}.json"
    [(tag, expected)] = json.loads(path.read_text())["body"].items()
    legacy = copy.deepcopy(expected)
    del legacy["config"]["uid"]
    if kind == "psi":
        del legacy["config"]["binning_strategy"], legacy["config"]["categorical_features"]
    else:
        condition = legacy["config"]["alert_config"]["alert_conditions"]["mae"]
        del condition["baseline_value"], condition["delta"]
    identity = {key: expected["config"][key] for key in IDENTITY}
    assert json.loads(superset_document(DriftType(tag), json.dumps(legacy), **identity)) == expected


def test_unknown_keys_of_ordinary_objects_are_kept() -> None:
    sent = registered("0.25.0", "spc")
    sent["owner"] = {"team": ["a", None, 1.5]}
    sent["config"]["alert_config"]["rule"]["comment"] = "x"
    sent["features"]["f0"]["unit"] = "mm"
    stored = superset(DriftType.Spc, sent)
    assert stored["owner"] == {"team": ["a", None, 1.5]}
    assert stored["config"]["alert_config"]["rule"]["comment"] == "x"
    assert stored["features"]["f0"]["unit"] == "mm"


def test_a_custom_profile_without_conditions_stays_without() -> None:
    sent = registered("0.25.0", "custom")
    for conditions in ({}, {"alert_conditions": None}):
        del sent["config"]["alert_config"]["alert_conditions"]
        sent["config"]["alert_config"] |= conditions
        assert "alert_conditions" not in superset(DriftType.Custom, sent)["config"]["alert_config"]
        sent["config"]["alert_config"]["alert_conditions"] = None


def test_a_condition_on_no_metric_cannot_be_completed() -> None:
    sent = registered("0.6.4", "custom")
    del sent["metrics"]["mae"]
    with pytest.raises(InvalidInput, match="one of the metrics") as refused:
        superset(DriftType.Custom, sent)
    assert refused.value.field == "profile.config.alert_config.alert_conditions.mae"


ABSENT = object()


def altered(document: dict[str, Any], path: str, value: object) -> str:
    *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place: Any = document
    for step in parents:
        place = place[step]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("call", "path", "value", "field", "shown", "accepted"),
    [
        ("spc", "features/f1/center", "x", "features.f1.center", "'x'", "a number"),
        ("spc", "features/f1/center", None, "features.f1.center", "None", "a finite number"),
        ("spc", "features/f2/center", ABSENT, "features.f2.center", "an absent field", "which is required"),
        ("spc", "features/f2", [1], "features.f2", "[1]", "an object"),
        ("spc", "features", [], "features", "[]", "an object"),
        ("spc", "config/sample_size", 2.5, "config.sample_size", "2.5", "an integer"),
        ("spc", "config/sample_size", 25.0, "config.sample_size", "25.0", "an integer"),
        ("spc", "config/sample_size", 2**70, "config.sample_size", "1180591620717411303424", "an integer <= "),
        ("spc", "config/sample", 1, "config.sample", "1", "true or false"),
        ("spc", "config/space", None, "config.space", "None", "a text"),
        ("spc", "config", ABSENT, "config", "an absent field", "which is required"),
        ("spc", "scouter_version", ABSENT, "scouter_version", "an absent field", "which is required"),
        (
            *("spc", "config/alert_config/rule/zones_to_monitor/1", "Zone9"),
            *("config.alert_config.rule.zones_to_monitor[1]", "'Zone9'", "Zone1, Zone2, Zone3, Zone4 or NotApplicable"),
        ),
        (
            *("spc", "config/alert_config/dispatch_config", {}),
            *("config.alert_config.dispatch_config", "{}", "exactly one of Console, Slack, OpsGenie"),
        ),
        (
            *("spc", "config/alert_config/dispatch_config", {"Console": {"enabled": True}, "Slack": {"channel": "c"}}),
            *("config.alert_config.dispatch_config", "{'Console'", "exactly one of Console, Slack, OpsGenie"),
        ),
        (
            *("spc", "config/alert_config/dispatch_config", {"Email": {"to": "x"}}),
            *("config.alert_config.dispatch_config.Email", "{'to': 'x'}", "only the keys Console, Slack, OpsGenie"),
        ),
        (
            *("spc", "config/alert_config/dispatch_config", {"OpsGenie": {"team": "t", "priority": "P9"}}),
            *("config.alert_config.dispatch_config.OpsGenie.priority", "'P9'", "P1 to P5"),
        ),
        ("psi", "features/cat/bins/2/id", "7", "features.cat.bins[2].id", "'7'", "an integer"),
        ("psi", "features/f0/bins/2/lower_limit", "low", "features.f0.bins[2].lower_limit", "'low'", "'-inf', 'inf'"),
        ("psi", "features/f0/bins/2/lower_limit", True, "features.f0.bins[2].lower_limit", "True", "a number or"),
        ("psi", "features/f0/bins/2/note", 1, "features.f0.bins[2].note", "1", "only the keys id, lower_limit"),
        ("psi", "features/f0/bin_type", "Bucket", "features.f0.bin_type", "'Bucket'", "Numeric or Category"),
        ("psi", "config/feature_map/features/cat/b", "1", "config.feature_map.features.cat.b", "'1'", "an integer"),
        (
            *("psi", "config/alert_config/threshold", {"Fixed": {"threshold": 1}, "x": 1}),
            *("config.alert_config.threshold.x", "1", "only the keys ChiSquare, Normal, Fixed"),
        ),
        (
            *("psi", "config/binning_strategy", {"EqualWidthBinning": {"method": {"Doane": {}}}}),
            *("config.binning_strategy.EqualWidthBinning.method.Doane", "{}", "null"),
        ),
        ("custom", "metrics/f1", None, "metrics.f1", "None", "a number"),
        (
            *("custom", "config/alert_config/alert_conditions/acc/alert_threshold", "Beside"),
            *("config.alert_config.alert_conditions.acc.alert_threshold", "'Beside'", "Above, Below or Outside"),
        ),
        (
            *("custom", "config/alert_config/alert_conditions/acc/delta", "0.1"),
            *("config.alert_config.alert_conditions.acc.delta", "'0.1'", "a number or null"),
        ),
    ],
)
def test_a_malformed_profile_is_refused_by_field_value_and_what_is_accepted(
    call: str, path: str, value: object, field: str, shown: str, accepted: str
) -> None:
    text = altered(registered("0.25.0", call), path, value)
    with pytest.raises(InvalidInput) as refused:
        decode_profile(DriftType(call.capitalize()), text)
    assert refused.value.field == f"profile.{field}"
    assert refused.value.value.startswith(shown)
    assert accepted in refused.value.accepted


@pytest.mark.parametrize("culprit", [0, 1, 499, 998, 999])
def test_the_failing_feature_is_found_among_many(culprit: int) -> None:
    document = registered("0.25.0", "spc")
    feature = document["features"]["f0"]
    document["features"] = {f"x{n}": dict(feature) for n in range(1000)}
    document["features"][f"x{culprit}"]["one_ucl"] = "wide"
    with pytest.raises(InvalidInput) as refused:
        decode_profile(DriftType.Spc, json.dumps(document))
    assert refused.value.field == f"profile.features.x{culprit}.one_ucl"


def test_the_first_of_two_failing_features_is_named() -> None:
    document = registered("0.25.0", "spc")
    first, second, _ = document["features"]
    document["features"][second]["center"] = "x"
    document["features"][first]["center"] = [1]
    with pytest.raises(InvalidInput) as refused:
        decode_profile(DriftType.Spc, json.dumps(document))
    assert (refused.value.field, refused.value.value) == (f"profile.features.{first}.center", "[1]")


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff", "NaN", '{"a": 1e999}', '{"a": "\\ud800"}', "\ud800"])
def test_a_profile_that_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidInput, match="JSON text") as refused:
        decode_profile(DriftType.Spc, text)
    assert refused.value.field == "profile"


@pytest.mark.parametrize("text", ["1", "null", "[]", '"{}"'])
def test_a_profile_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="an object") as refused:
        decode_profile(DriftType.Spc, text)
    assert refused.value.field == "profile"


@pytest.mark.parametrize(
    ("call", "envelope"), [("psi", DriftType.Spc), ("spc", DriftType.Custom), ("custom", DriftType.Psi)]
)
def test_a_profile_of_another_type_than_its_envelope_is_refused(call: str, envelope: DriftType) -> None:
    with pytest.raises(InvalidInput, match=f"{envelope}, the drift_type of the request") as refused:
        decode_profile(envelope, json.dumps(registered("0.25.0", call)))
    assert (refused.value.field, refused.value.value) == ("profile.config.drift_type", repr(call.capitalize()))


@pytest.mark.parametrize("name", ["LLM", "GenAI", "Agent", "spc", "", None])
def test_other_drift_types_are_refused(name: str | None) -> None:
    body = json.dumps({"space": "s", "drift_type": name, "profile": "{}"}).encode()
    with pytest.raises(InvalidInput) as refused:
        decode_body(RegisterProfileRequest, body)
    assert refused.value.field == "drift_type"
    if name is not None:
        assert (refused.value.value, refused.value.accepted) == (repr(name), "Spc, Psi or Custom")


@pytest.mark.parametrize(
    ("body", "field", "accepted"),
    [
        (b"[]", "body", "an object"),
        (b'{"drift_type":"Spc","profile":"{}"}', "space", "which is required"),
        (b'{"space":"s","drift_type":"Spc","profile":{}}', "profile", "a text"),
        (b'{"space":"s","drift_type":"Spc","profile":"","active":"yes"}', "active", "true or false"),
        (
            b'{"space":"s","drift_type":"Spc","profile":"","version_request":{"version_type":"Tiny"}}',
            *("version_request.version_type", "Major, Minor, Patch, Pre, Build or PreBuild"),
        ),
    ],
)
def test_a_malformed_envelope_is_refused(body: bytes, field: str, accepted: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_body(RegisterProfileRequest, body)
    assert refused.value.field == field
    assert accepted in refused.value.accepted


def test_a_body_that_is_not_json_is_undecodable() -> None:
    for body in (b"", b"{", b"\xff"):
        with pytest.raises(Undecodable):
            decode_body(RegisterProfileRequest, body)


def test_the_current_envelope_carries_a_version_request() -> None:
    body = json.loads((CONTRACT / "samples/0.25.0/register_profile.spc.default_version.request.json").read_text())[
        "body"
    ]
    request = decode_body(RegisterProfileRequest, json.dumps(body).encode())
    assert request.version_request == VersionRequest()


@pytest.mark.parametrize("version", ["0.6.4", "0.9.0", "0.25.0"])
def test_status_requests_of_every_client_decode(version: str) -> None:
    for call, drift_type in (("", DriftType.Spc), (".no_drift_type", None)):
        path = CONTRACT / "samples" / version / f"update_profile_status{call}.request.json"
        body = json.loads(path.read_text())["body"]
        request = decode_body(ProfileStatusRequest, json.dumps(body).encode())
        assert request.drift_type is drift_type
        assert (request.name, request.active, request.deactivate_others) == ("spc_console", True, drift_type is None)


def test_the_reply_has_the_keys_that_all_clients_accept() -> None:
    expected = json.loads((CONTRACT / "samples/http-only/superset.register.response.json").read_text())["body"]
    assert set(RegisterProfileReply.__struct_encode_fields__) == set(expected)


def test_a_one_key_object_cannot_be_built_with_two_keys() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        DispatchConfig(console=ConsoleDispatch(enabled=True), slack=SlackDispatch(channel="c"))
