"""What is said to people: tables of sentences."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec
import pytest

from scouter.drift.spc import RuleCounts
from scouter.pages.charts.small import mark
from scouter.pages.wording import channels, outcomes, quarantine
from scouter.pages.wording.alerts import KINDS, alert_sentence, history, kinds_in_words
from scouter.pages.wording.rules import condition_in_words, rule_in_words, threshold_in_words, zones_left_out
from scouter.pages.wording.schedules import next_checks, schedule_in_words
from scouter.wire.alerts import Alert, CustomAlert, PsiAlert, SpcAlert, SpcKind
from scouter.wire.check_results import (
    CustomObservation,
    NotChecked,
    Observation,
    Obstacle,
    PsiObservation,
    SpcObservation,
)
from scouter.wire.deliveries import DeliveryState
from scouter.wire.notifications import ChannelName
from scouter.wire.profiles import AlertCondition, AlertThreshold, DispatchConfig, PsiThreshold, Zone
from scouter.wire.quarantine import Reason
from tests import golden

RULE = RuleCounts.parse("8 16 4 8 2 4 1 1")
ZONES = (Zone.Zone1, Zone.Zone2, Zone.Zone3, Zone.Zone4)


def _seen(
    code_counts: tuple[int, ...], lowest: float | None = 40_000, highest: float | None = 50_910
) -> SpcObservation:
    return SpcObservation("income", sum(code_counts), 0, 42_000, lowest, highest, 41_200, 34_900, 47_500, code_counts)


def _spc(kind: SpcKind, zone: Zone) -> Alert:
    return Alert(spc=SpcAlert("income", kind, zone))


ABOVE, BELOW, BOTH = (0, 0, 0, 0, 1, 1, 1, 0, 9), (2, 1, 0, 0, 0, 0, 0, 0, 0), (2, 0, 0, 0, 1, 0, 0, 0, 9)


@pytest.mark.parametrize(
    ("alert", "seen", "sentence"),
    [
        (
            _spc(SpcKind.OutOfBounds, Zone.Zone4),
            _seen(ABOVE),
            "A value of 50 910 is above the upper limit of 47 500 (three sigma); 9 of 12 values are.",
        ),
        (
            _spc(SpcKind.OutOfBounds, Zone.Zone4),
            _seen(BELOW, lowest=30_000),
            "A value of 30 000 is below the lower limit of 34 900 (three sigma); 2 of 3 values are.",
        ),
        (
            _spc(SpcKind.OutOfBounds, Zone.Zone4),
            _seen(BOTH, lowest=30_000),
            "Values from 30 000 to 50 910 are outside of the limits 34 900 to 47 500 (three sigma): "
            "2 below, 9 above, of 12.",
        ),
        (
            _spc(SpcKind.OutOfBounds, Zone.Zone4),
            _seen((0, 0, 0, 0, 0, 0, 0, 0, 1), highest=None),
            "An infinite value is above the upper limit of 47 500 (three sigma).",
        ),
        (_spc(SpcKind.OutOfBounds, Zone.Zone4), None, "A value is outside of the limits (three sigma)."),
        (_spc(SpcKind.Consecutive, Zone.Zone1), None, "8 values in a row lie on one side of the center."),
        (
            _spc(SpcKind.Consecutive, Zone.Zone1),
            _seen((0, 0, 0, 0, 0, 9, 1, 0, 0)),
            "8 values in a row lie above the center of 41 200.",
        ),
        (
            _spc(SpcKind.Consecutive, Zone.Zone2),
            _seen((0, 0, 5, 0, 0, 9, 1, 0, 0)),
            "4 values in a row lie one sigma or more below the center of 41 200.",
        ),
        (
            _spc(SpcKind.Consecutive, Zone.Zone3),
            _seen((0, 2, 0, 0, 0, 0, 0, 2, 0)),
            "2 values in a row lie two sigma or more from the center of 41 200, on one side.",
        ),
        (
            _spc(SpcKind.Alternating, Zone.Zone2),
            None,
            "8 values in a row, one sigma or more from the center, alternate: "
            "each is in another zone than the one before it.",
        ),
        (_spc(SpcKind.Trend, Zone.NotApplicable), None, "7 values in a row rose or fell from zone to zone."),
        (_spc(SpcKind.AllGood, Zone.NotApplicable), None, "The rule AllGood was met."),
        (
            Alert(psi=PsiAlert("age", 0.26512, 0.2)),
            PsiObservation("age", 4012, 0, 10, 0.26512, 0.2),
            "PSI 0.2651 is above the threshold of 0.2, from 4 012 values.",
        ),
        (
            Alert(psi=PsiAlert("age", 0.3, 0.2)),
            PsiObservation("age", 1000, 30, 10, 0.3, 0.2),
            "PSI 0.3 is above the threshold of 0.2, from 1 000 values. "
            "3 % of them are in bins that the profile does not have.",
        ),
        (Alert(psi=PsiAlert("age", 0.3, 0.2)), None, "PSI 0.3 is above the threshold of 0.2."),
        (
            Alert(custom=CustomAlert("ndcg", 0.8, 0.71, 0.05, AlertThreshold.Below)),
            CustomObservation("ndcg", 12, 0.71, 0.8, 0.75, None),
            "The mean of 12 values, 0.71, is below 0.75, the least that is allowed: the baseline of 0.8 less 0.05.",
        ),
        (
            Alert(custom=CustomAlert("mae", 2.0, 3.1, None, AlertThreshold.Above)),
            None,
            "The mean, 3.1, is above the baseline of 2.",
        ),
        (
            Alert(custom=CustomAlert("mae", 2.0, 3.1, 1.0, AlertThreshold.Outside)),
            None,
            "The mean, 3.1, is above 3, the most that is allowed: the baseline of 2 plus 1.",
        ),
        (Alert(), None, "An alert of a kind that this version does not know."),
    ],
)
def test_an_alert_says_value_limit_and_rule(alert: Alert, seen: Observation | None, sentence: str) -> None:
    assert alert_sentence(alert, seen, RULE).replace("\u202f", " ") == sentence


def test_an_alert_without_what_the_check_saw_or_its_rule_still_says_something() -> None:
    for kind in SpcKind:
        for zone in Zone:
            for seen in (None, _seen(BOTH), _seen((0,) * 9)):
                for rule in (None, RULE, RuleCounts.parse("0 0 0 0 0 0 0 0")):
                    assert alert_sentence(_spc(kind, zone), seen, rule).endswith(".")


def test_alerts_as_they_are_stored_can_be_said() -> None:
    stored = [
        b'{"Spc":{"feature":"feature_0","kind":"OutOfBounds","zone":"Zone4"}}',
        b'{"Psi":{"feature":"feature_0","drift":0.5,"threshold":0.1}}',
        b'{"Custom":{"metric_name":"mae","baseline_value":1.0,"observed_value":2.0,"delta":null,"alert_threshold":"Above"}}',
    ]
    alerts = [msgspec.json.decode(each, type=Alert) for each in stored]
    assert [alert.subject for alert in alerts] == ["feature_0", "feature_0", "mae"]
    assert all(alert_sentence(alert).endswith(".") for alert in alerts)


def test_alerts_of_one_feature_are_named_by_their_rules() -> None:
    alerts = [SpcAlert("a", SpcKind.OutOfBounds, Zone.Zone4), SpcAlert("a", SpcKind.Consecutive, Zone.Zone1)]
    assert (
        kinds_in_words([*alerts, SpcAlert("a", SpcKind.Consecutive, Zone.Zone2)])
        == "beyond three sigma, values on one side"
    )
    assert set(KINDS) == set(SpcKind)


def test_an_alert_has_a_history() -> None:
    assert history(29, "25 Nov 11:00") == "since 25 Nov 11:00, in 29 checks"
    assert history(1, "25 Nov 11:00") == "since 25 Nov 11:00"


def test_the_usual_rule_in_words() -> None:
    assert rule_in_words("8 16 4 8 2 4 1 1", ZONES) == [
        "a value more than three sigma from the center",
        "2 values in a row on one side, two sigma or more from the center",
        "4 values in a row, two sigma or more from the center, each in another zone than the one before it",
        "4 values in a row on one side, one sigma or more from the center",
        "8 values in a row, one sigma or more from the center, each in another zone than the one before it",
        "8 values in a row on one side",
        "16 values in a row, each in another zone than the one before it",
        "7 values in a row of which each is a zone further up, or each a zone further down",
    ]


def test_rules_that_are_switched_off_are_not_said() -> None:
    assert len(rule_in_words("0 0 0 -1 0 0 1 1", ZONES)) == 2
    assert len(rule_in_words("8 16 4 8 2 4 1 1", [Zone.Zone4])) == 2
    assert zones_left_out([Zone.Zone4, Zone.Zone3]) == "Zones 1 and 2 are not looked at."
    assert zones_left_out([Zone.Zone4, Zone.Zone3, Zone.Zone2]) == "Zone 1 is not looked at."
    assert not zones_left_out(ZONES)


def test_a_rule_that_cannot_be_read_is_shown_as_it_is() -> None:
    assert rule_in_words("8 16", ZONES) == ["The rule '8 16' is none that this server can read."]


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        ({"Fixed": {"threshold": 0.25}}, "PSI above 0.25"),
        (
            {"ChiSquare": {"alpha": 0.05}},
            "PSI above what chance exceeds in 5\u202f% of checks (chi-square, by the number of values)",
        ),
        (
            {"Normal": {"alpha": 0.01}},
            "PSI above what chance exceeds in 1\u202f% of checks (normal, by the number of values)",
        ),
    ],
)
def test_thresholds_in_words(threshold: object, words: str) -> None:
    assert threshold_in_words(msgspec.convert(threshold, PsiThreshold)) == words


@pytest.mark.parametrize(
    ("side", "boundary", "words"),
    [
        ("Below", 0.05, "mean below 0.75: the baseline of 0.8 less 0.05"),
        ("Above", 0.05, "mean above 0.85: the baseline of 0.8 plus 0.05"),
        ("Outside", 0.05, "mean outside of 0.75 to 0.85: the baseline of 0.8 ± 0.05"),
        ("Below", None, "mean below the baseline of 0.8"),
        ("Above", None, "mean above the baseline of 0.8"),
        ("Outside", None, "mean other than the baseline of 0.8"),
    ],
)
def test_conditions_in_words(side: str, boundary: float | None, words: str) -> None:
    condition = msgspec.convert({"alert_threshold": side, "alert_threshold_value": boundary}, AlertCondition)
    assert condition_in_words(condition, 0.8) == words


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("0 0 * * * *", "every hour, on the hour (UTC)"),
        ("@hourly", "every hour, on the hour (UTC)"),
        ("0 7 * * * *", "every hour, at 7 minutes past (UTC)"),
        ("0 5/15 * * * *", "every hour, at 5, 20, 35 and 50 minutes past (UTC)"),
        ("0 */15 * * * *", "every 15 minutes (UTC)"),
        ("0 0,30 * * * * *", "every 30 minutes (UTC)"),
        ("0 * * * * *", "every minute (UTC)"),
        ("15 * * * * *", "every minute, at second 15 (UTC)"),
        ("* * * * * *", "every second (UTC)"),
        ("******", "every second (UTC)"),
        ("*/5 * * * * *", "every 5 seconds (UTC)"),
        ("0 0 */6 * * *", "every 6 hours from 00:00 (UTC)"),
        ("0 30 */6 * * SUN", "every Sunday, every 6 hours from 00:30 (UTC)"),
        ("0 0 2 * * *", "every day at 02:00 (UTC)"),
        ("0 0 6-18/6 * * *", "every day at 06:00, 12:00 and 18:00 (UTC)"),
        ("0 0 0 * * SUN", "every Sunday at 00:00 (UTC)"),
        ("0 0 2 * * MON-FRI", "Monday to Friday at 02:00 (UTC)"),
        ("0 0 2 * * TUE,THU", "every Tuesday and Thursday at 02:00 (UTC)"),
        ("@monthly", "on the 1st of every month at 00:00 (UTC)"),
        ("@yearly", "on the 1st of January at 00:00 (UTC)"),
        ("0 0 12 1,15 * *", "on the 1st and 15th of every month at 12:00 (UTC)"),
        ("0 0 0 * JAN,jun *", "every day of January and June at 00:00 (UTC)"),
        ("0 0 0 1-7 * MON", None),
        ("0 0 0 1 1 * 2020", None),
        ("0 0-19/1 9-17 * * *", None),
        ("1,4 * * * * *", None),
        ("nonsense", None),
    ],
)
def test_schedules_in_words_where_they_read_well(schedule: str, words: str | None) -> None:
    assert schedule_in_words(schedule) == words


@pytest.mark.parametrize("case", golden.cases("cron"))
def test_every_schedule_of_the_clients_has_words_or_none_and_its_next_instants(case: dict[str, str | None]) -> None:
    assert (schedule_in_words(str(case["schedule"])) or "x (UTC)").endswith("(UTC)")
    after = datetime.fromisoformat(str(case["after"]))
    assert [f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in next_checks(str(case["schedule"]), after, 1)] == (
        [case["next"]] if case["next"] else []
    )


def test_the_next_checks() -> None:
    now = datetime(2026, 11, 26, 15, 37, tzinfo=UTC)
    assert [each.hour for each in next_checks("0 0 * * * *", now)] == [16, 17, 18]
    assert next_checks("0 0 0 30 2 *", now) == []
    assert next_checks("nonsense", now) == []


def test_every_state_has_words_and_a_shape() -> None:
    assert set(outcomes.STATES) == set(outcomes.STATES_COUNTED)
    assert all(f"mark {state}" in mark(state) for state in outcomes.STATES)
    assert outcomes.state_in_words("\u202eodd") == "\ufffdodd"


@pytest.mark.parametrize(
    ("obstacle", "samples", "detail", "sentence"),
    [
        (Obstacle.no_data, 0, "no values in the window", "No values in the window."),
        (
            Obstacle.too_few_samples,
            61,
            "more than 100 observations are needed, 10 for each of 10 bins",
            "Too few values: 61; more than 100 observations are needed, 10 for each of 10 bins.",
        ),
        (Obstacle.not_finite, 3, "the mean of its values is inf", "No finite values: the mean of its values is inf."),
        (
            Obstacle.not_in_profile,
            0,
            "the profile has no feature of this name",
            "Not in the profile: the profile has no feature of this name.",
        ),
    ],
)
def test_why_a_feature_was_not_checked(obstacle: Obstacle, samples: int, detail: str, sentence: str) -> None:
    assert outcomes.obstacle_sentence(NotChecked("age", obstacle, samples, detail)) == sentence


def test_every_obstacle_has_words() -> None:
    assert all(outcomes.obstacle_sentence(NotChecked("a", each, 1, "detail")) for each in Obstacle)


@pytest.mark.parametrize(
    ("outcome", "kind", "checked", "alerting", "left_out", "sentence"),
    [
        ("alert", "Spc", 24, 3, 0, "3 of 24 features are outside of their limits"),
        ("alert", "Custom", 1, 1, 0, "1 of 1 metric is outside of its limits"),
        ("ok", "Psi", 24, 0, 2, "All 24 features are within their limits"),
        ("ok", "Custom", 1, 0, 0, "The metric is within its limits"),
        ("ok", "Psi", 0, 0, 3, "No feature could be checked"),
        ("no_data", "Psi", 0, 0, 3, "No records came"),
        ("failed", "Psi", 0, 0, 0, "The check failed"),
    ],
)
def test_the_verdict_of_a_check(
    outcome: str, kind: str, checked: int, alerting: int, left_out: int, sentence: str
) -> None:
    assert outcomes.verdict(outcome, kind, checked, alerting, left_out) == sentence


def test_what_was_left_out_is_said() -> None:
    assert outcomes.left_out_sentence(2, "Spc") == "2 more features could not be checked."
    assert not outcomes.left_out_sentence(0, "Spc")
    assert outcomes.things("Custom", 1) == "1 metric"
    assert outcomes.kind_in_words("Custom") == "custom metric"
    assert outcomes.waiting_in_words("grace").endswith(".")


def test_every_reason_of_quarantine_has_words() -> None:
    texts = [quarantine.reason_in_words(reason) for reason in Reason]
    assert len({each.wrong for each in texts}) == len(Reason)
    assert quarantine.reason_in_words("odd").wrong == "The reason is odd."


@pytest.mark.parametrize(
    ("dispatch", "words"),
    [
        ({"Slack": {"channel": "#drift-shop"}}, "Slack #drift-shop"),
        ({"OpsGenie": {"team": "ds-team", "priority": "P1"}}, "OpsGenie, team ds-team, P1"),
        ({"Console": {"enabled": True}}, "the server's log"),
        ({"Console": {"enabled": False}}, "nowhere: the console is switched off"),
    ],
)
def test_where_alerts_go(dispatch: object, words: str) -> None:
    assert channels.destination_in_words(msgspec.convert(dispatch, DispatchConfig)) == words


def test_what_became_of_a_delivery() -> None:
    said = [
        channels.delivery_in_words("slack", DeliveryState.delivered, 1, "11:01"),
        channels.delivery_in_words("opsgenie", DeliveryState.pending, 2, "in 3 min"),
        channels.delivery_in_words("webhook", DeliveryState.pending, 0, ""),
        channels.delivery_in_words("slack", DeliveryState.given_up, 5, "11:01"),
    ]
    assert said == [
        "sent to Slack 11:01",
        "not yet with OpsGenie: 2 tries failed, next in 3 min",
        "on its way to the webhook",
        "not delivered to Slack: given up after 5 tries",
    ]
    assert set(channels.CHANNELS) == set(ChannelName)


def test_nothing_is_shouted() -> None:
    said = [
        *(sentence for reason in Reason for sentence in vars_of(quarantine.reason_in_words(reason))),
        *outcomes.STATES.values(),
        *rule_in_words("8 16 4 8 2 4 1 1", ZONES),
    ]
    assert not [sentence for sentence in said if re.search(r"!|anomal", sentence)]


def vars_of(reason: quarantine.ReasonInWords) -> tuple[str, str]:
    return reason.wrong, reason.remedy
