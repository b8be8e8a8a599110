"""Policy documents: what is read, what is refused and how, and which level has the last word."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.errors import InvalidInput, SeveralInvalid
from scouter.policy.documents import Level, PolicyDocument, read_policy, write_policy
from scouter.policy.durations import read_duration, spoken_duration, write_duration
from scouter.policy.firing_rule import Count, fire_after
from scouter.policy.identity import Signal
from scouter.policy.keys import KEYS
from scouter.policy.merging import Origin, PolicyLayers
from scouter.policy.policy import DEFAULTS, Policy
from scouter.policy.recipients import PROFILE

WHOLE: dict[str, Any] = {
    "fire_after": "3 of 5",
    "resolve_after": 1,
    "repeat_every": "off",
    "worse": 3,
    "resolved": "off",
    "judge": "client",
    "false_alarms": "30d",
    "min_effect": 0.05,
    "min_shift": 0.2,
    "min_spike": 2,
    "min_samples": 20,
    "confidence": 0.95,
    "group_by": "profile",
    "group_wait": "30s",
    "group_interval": "10m",
    "late_hours": 48,
    "silent_after": "off",
    "expect_every": "1h",
    "never_sent_after": "2d",
    "escalate_after": "4h",
    "escalate_to": [{"pagerduty": "on-call"}],
    "mute": [{"days": ["sat", "sun"]}, {"from": "20:00", "to": "07:00", "zone": "Europe/Berlin"}],
    "messages": "every_alert",
    "to": [{"email": ["a@example.com"]}, {"slack": {"channel": "drift"}}, {"webhook": True}, {"profile": True}],
    "features": {"age": {"judge": "corrected", "repeat_every": "12h"}},
}


def test_every_key_is_a_value_of_a_policy() -> None:
    assert set(KEYS) == {field.name for field in fields(Policy)}


def test_a_document_that_is_written_is_read_as_the_same() -> None:
    document = read_policy(WHOLE, Level.profile)
    assert set(document.values) == set(KEYS)
    assert read_policy(json.loads(json.dumps(write_policy(document))), Level.profile) == document


def test_every_default_can_be_written_and_read() -> None:
    written = {name: entry["value"] for name, entry in PolicyLayers().shown().items()}
    del written["escalate_to"]  # nobody: it is left out
    read = read_policy(json.loads(json.dumps(written)), Level.server)
    assert PolicyLayers(server=read).policy() == replace(DEFAULTS, to=PROFILE)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("fire_after", "3 of 2", "auto, or n of m"),
        ("fire_after", 2, "auto, or n of m"),
        ("resolve_after", 0, "a whole number from 1 to 30"),
        ("resolve_after", True, "a whole number"),
        ("repeat_every", "1 day", "a length of time from 1m to 365d"),
        ("repeat_every", "1s", "or off"),
        ("worse", 1, "a number from 1.1 to 1000; or off"),
        ("resolved", True, "sent or off"),
        ("judge", "server", "one of corrected, client, auto"),
        ("judge", ["client"], "one of corrected, client, auto"),
        ("false_alarms", 90, "a length of time"),
        ("min_effect", -1, "a number from 0 to 100"),
        ("min_effect", float("nan"), "a number"),
        ("confidence", 1, "a number from 0.5"),
        ("group_wait", "6m", "from 0s to 5m"),
        ("late_hours", 1.5, "a whole number"),
        ("silent_after", 0, "or off"),
        ("escalate_to", [{"profile": True}], "other destinations"),
        ("escalate_to", [], "a list of 1 to 20"),
        ("mute", {"days": ["sat"]}, "off, or a list"),
        ("mute", [{}], "off, or a list"),
        ("mute", [{"from": "20:00"}], "off, or a list"),
        ("mute", [{"from": "24:00", "to": "07:00"}], "times such as 07:00"),
        ("mute", [{"zone": "Europe/Berlin"}], "days, or from and to"),
        ("mute", [{"days": ["sat"], "zone": "Europe/Atlantis"}], "an IANA time zone"),
        ("mute", [{"days": ["sat"], "zone": "../etc/passwd"}], "an IANA time zone"),
        ("mute", [{"days": ["sat"], "zone": "Europe"}], "an IANA time zone"),
        ("mute", [{"days": ["samstag"]}], "a list of mon, tue"),
        ("mute", [{"days": ["sat"], "except": ["psi"]}], "failing and silent"),
        ("messages", "none", "one of problems, every_alert"),
        ("to", "email", "a list of 1 to 20"),
        ("to", [], "a list of 1 to 20"),
        ("to", [{"email": ["not an address"]}], "addresses such as"),
        ("to", [{"email": ["a@example.com\nBcc: b@example.com"]}], "addresses such as"),
        ("to", [{"email": []}], "1"),
        ("to", [{"pagerduty": "a b"}], "a name out of SCOUTER_PAGERDUTY_ROUTING_KEYS"),
        ("to", [{"slack": "drift"}], "an object"),
        ("to", [{"opsgenie": {"team": "ml", "priority": "P9"}}], "P1"),
        ("to", [{"webhook": False}], "true, or no such entry"),
        ("to", [{"fax": "1"}], "only the keys email, pagerduty"),
        ("to", [{"teams": "a", "webhook": True}], "exactly one of"),
        ("repeat", "24h", "one of the keys fire_after"),
        ("features", ["age"], "an object of at most"),
        ("features", {"age": "client"}, "an object of keys"),
    ],
)
def test_an_error_names_the_key_the_value_and_what_is_accepted(key: str, value: object, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_policy({key: value}, Level.profile)
    assert refused.value.field.startswith(key)
    assert words in refused.value.accepted


def test_all_that_is_wrong_is_named() -> None:
    with pytest.raises(SeveralInvalid) as refused:
        read_policy({"judge": "x", "features": {"age": {"group_by": "space", "worse": 0}}}, Level.profile)
    assert [each.field for each in refused.value.problems] == [
        "judge",
        "features.age.group_by",
        "features.age.worse",
    ]


@pytest.mark.parametrize("level", [Level.server, Level.space])
def test_features_are_named_in_the_policy_of_a_profile_alone(level: Level) -> None:
    with pytest.raises(InvalidInput, match="one of the keys"):
        read_policy({"features": {}}, level)


@pytest.mark.parametrize("sent", [None, [], "judge", 1])
def test_a_policy_is_an_object(sent: object) -> None:
    with pytest.raises(InvalidInput, match="a JSON object"):
        read_policy(sent, Level.server)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(sent=st.dictionaries(st.sampled_from([*KEYS, "features", "x"]), JSON))
def test_no_json_makes_it_fail_otherwise(sent: dict[str, object]) -> None:
    try:
        document = read_policy(sent, Level.profile)
    except InvalidInput:
        return
    assert read_policy(write_policy(document), Level.profile) == document


def test_the_most_specific_document_has_its_say() -> None:
    layers = PolicyLayers(
        server=read_policy({"judge": "client", "late_hours": 1, "min_effect": 0.1}, Level.server),
        space=read_policy({"late_hours": 2, "min_effect": 0.2}, Level.space),
        profile=read_policy({"min_effect": 0.3, "features": {"age": {"min_effect": 0.4}}}, Level.profile),
    )
    policy, age = layers.policy(), layers.policy("age")
    assert (policy.judge, policy.late_hours, policy.min_effect, age.min_effect) == ("client", 2, 0.3, 0.4)
    assert layers.policy("income").min_effect == 0.3
    origins = layers.origins("age")
    assert origins["min_effect"] is Origin.feature
    assert [origins[key].value for key in ("judge", "late_hours", "worse")] == ["server", "space", "default"]
    assert layers.shown()["min_effect"] == {"value": 0.3, "from": "profile"}


def test_off_overrules_what_a_more_general_document_says() -> None:
    layers = PolicyLayers(
        server=read_policy({"expect_every": "1h", "mute": [{"days": ["sun"]}]}, Level.server),
        profile=read_policy({"expect_every": "off", "mute": "off"}, Level.profile),
    )
    assert (layers.policy().expect_every, layers.policy().mute) == (None, ())


def test_what_auto_means() -> None:
    assert fire_after(None, timedelta(hours=6)) == Count(1, 1)
    assert fire_after(None, timedelta(hours=5, minutes=59)) == fire_after(None, None) == Count(2, 3)
    assert fire_after(Count(3, 3), timedelta(days=1)) == Count(3, 3)
    assert (DEFAULTS.judge_of(Signal.custom), DEFAULTS.judge_of(Signal.psi)) == ("client", "corrected")
    assert (DEFAULTS.groups_by("webhook"), DEFAULTS.groups_by("slack")) == ("profile", "space")


def test_what_is_no_drift_has_its_own_numbers() -> None:
    strict = PolicyLayers(PolicyDocument({"fire_after": Count(5, 5), "resolve_after": 9})).policy()
    assert strict.firing_rule(Signal.failing, None).fire == Count(1, 1)
    assert strict.firing_rule(Signal.silent, None).resolve == 1
    assert strict.firing_rule(Signal.blind, None).fire == Count(3, 3)
    assert strict.firing_rule(Signal.spc, None).resolve == 9


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=36500)))
def test_a_length_of_time_that_is_written_is_read_as_the_same(length: timedelta) -> None:
    whole = timedelta(seconds=int(length.total_seconds()))
    assert read_duration(write_duration(whole)) == whole


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "-1h", "1.5h", "1w", "9999999999d", "٣h", None, 5, ["1h"]])
def test_what_is_no_length_of_time(text: object) -> None:
    with pytest.raises(ValueError, match="such as 30s"):
        read_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (40, "40 s"), (60, "1 min"), (12_000, "3 h 20 min"), (187_200, "2 d 4 h")]
)
def test_lengths_of_time_in_sentences(seconds: int, text: str) -> None:
    assert spoken_duration(timedelta(seconds=seconds)) == text
