"""What policy would have made of past checks, and told of it: window after window, without a clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from scouter.policy.documents import Level, read_policy
from scouter.policy.merging import PolicyLayers
from scouter.policy.problem import State, Step
from scouter.policy.replay import Replay, ReplayedProfile
from scouter.policy.replayed_group import Said
from scouter.policy.silences import Comparison, Matcher, Silence
from scouter.wire.alerts import Alert, CustomAlert
from scouter.wire.check_results import CheckResult, CustomObservation, JudgedBy, Judgement, NotChecked, Obstacle
from scouter.wire.profiles import AlertThreshold

START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return START + hours * HOUR


def window(value: float | None, *, significant: bool | None = None) -> CheckResult:
    """One metric that alerts above 3; None: nothing came."""
    if value is None:
        return CheckResult((), (), (NotChecked("mae", Obstacle.no_data, 0, "no values in the window"),))
    seen = CustomObservation("mae", 10, value, baseline=1.0, lowest=None, highest=3.0)
    if value <= 3.0:
        return CheckResult((), (seen,), ())
    alert = Alert(custom=CustomAlert("mae", 1.0, value, 2.0, AlertThreshold.Above))
    judged = Judgement("mae", JudgedBy.standard_error, significant=significant, effect=value - 1.0)
    return CheckResult((alert,), (seen,), (), (judged,))


def replay(
    values: Sequence[float | None],
    policy: dict[str, object] | None = None,
    *,
    gap: timedelta = HOUR,
    silences: tuple[Silence, ...] | None = None,
    significant: bool | None = None,
) -> Replay:
    layers = PolicyLayers(server=read_policy(policy or {}, Level.server))
    run = Replay(ReplayedProfile("uid", "s", "m", "0.1.0", "Custom", gap), layers, silences)
    for number, value in enumerate(values, 1):
        run.window(START + number * gap, window(value, significant=significant))
    run.end(START + len(values) * gap)
    return run


def told(run: Replay) -> list[tuple[float, str]]:
    return [((each.at - START) / HOUR, each.kind.value) for each in run.said if each.why_not is None]


def held(run: Replay) -> list[Said]:
    return [each for each in run.said if each.why_not is not None]


def test_drift_that_stays_is_told_once_reminded_of_after_a_day_and_told_to_be_over() -> None:
    run = replay([9.0] * 30 + [1.0] * 2)
    assert told(run) == [(2, "firing"), (26, "reminder"), (32, "resolved")]
    assert [(each.step, each.episode) for each in run.steps] == [
        (Step.pending, 1),
        (Step.firing, 1),
        (Step.resolved, 1),
    ]
    assert [(each.at, each.why_not) for each in held(run)] == [(at(1), "2 of 3")]


def test_windows_without_records_leave_everything_as_it_was() -> None:
    run = replay([9.0, None, 9.0, None, None, 1.0, None])
    assert told(run) == [(3, "firing")]


def test_one_bad_window_is_held_back_and_passes() -> None:
    run = replay([9.0, 1.0, 1.0, 1.0])
    assert told(run) == []
    assert [each.step for each in run.steps] == [Step.pending, Step.passed]


def test_windows_far_apart_are_told_at_once() -> None:
    assert told(replay([9.0, 1.0, 1.0], gap=timedelta(days=1))) == [(24, "firing"), (72, "resolved")]


def test_an_alert_that_is_refuted_is_listed_with_the_reason() -> None:
    run = replay([9.0, 9.0, 9.0], {"judge": "corrected"}, significant=False)
    assert told(run) == []
    assert [(each.why_not, each.effect) for each in held(run)] == [("not significant", 8.0)] * 3
    assert told(replay([9.0, 9.0], {"judge": "client"}, significant=False)) == [(2, "firing")]


def test_what_becomes_worse_is_news_and_no_group_speaks_twice_within_its_interval() -> None:
    run = replay([4.0, 4.0, 30.0, 90.0, 90.0], {"group_interval": "90m"})
    assert told(run) == [(2, "firing"), (3.5, "worse"), (5, "worse")]


def test_a_reminder_comes_between_two_windows_when_it_is_due_then() -> None:
    assert told(replay([9.0] * 5, {"repeat_every": "90m"})) == [(2, "firing"), (3.5, "reminder"), (5, "reminder")]


def test_what_fires_and_ends_before_its_group_speaks_is_not_told() -> None:
    quick = {"fire_after": "1 of 1", "resolve_after": 1, "group_interval": "3h"}
    run = replay([9.0, 1.0, 9.0, 1.0, 1.0], quick)
    assert told(run) == [(1, "firing"), (4, "resolved")]
    assert [each.step for each in run.steps] == [Step.firing, Step.resolved] * 2


def silence(first: float, last: float) -> Silence:
    matchers = (Matcher("subject", Comparison.glob, "m*"),)
    return Silence(UUID(int=1), matchers, at(first), at(last), "known", "ada")


def test_silences_count_only_where_they_are_asked_for() -> None:
    values = [9.0] * 6
    assert told(replay(values)) == [(2, "firing")]
    run = replay(values, silences=(silence(0, 4.5),))
    assert told(run) == [(4.5, "firing")]
    assert {each.why_not for each in held(run)} == {"2 of 3", f"silence {UUID(int=1)}"}


def test_a_mute_holds_back_until_it_ends() -> None:
    run = replay([9.0] * 6, {"mute": [{"from": "00:00", "to": "05:00"}]}, silences=())
    assert told(run) == [(5, "firing")]
    assert f"muted until {at(5).isoformat()}" in {each.why_not for each in held(run)}


def test_where_every_alert_is_told_each_window_is() -> None:
    run = replay([9.0, 1.0, 9.0], {"messages": "every_alert"})
    assert told(run) == [(1, "firing"), (3, "firing")]


def test_the_end_that_a_policy_does_not_want_told_is_listed() -> None:
    run = replay([9.0, 9.0, 1.0, 1.0], {"resolved": "off"})
    assert told(run) == [(2, "firing")]
    assert [each.why_not for each in held(run)] == ["2 of 3", "resolved is off"]


@pytest.mark.parametrize(
    ("values", "states"),
    [
        ([1.0, 9.0, 9.0, 1.0, 1.0], ["ok", "pending", "firing", "firing", "ok"]),
        ([9.0, None, 1.0, 1.0], ["pending", "pending", "pending", "ok"]),
    ],
)
def test_the_state_stands_beside_each_window(values: list[float | None], states: list[str]) -> None:
    run = Replay(ReplayedProfile("uid", "s", "m", "0.1.0", "Custom", HOUR), PolicyLayers(), None)
    seen = [run.window(at(number), window(value)).state for number, value in enumerate(values, 1)]
    assert seen == [State(state) for state in states]
