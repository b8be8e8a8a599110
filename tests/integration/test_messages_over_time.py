"""What people are told over hours and days, and that alerts are the same whatever they are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.drills.subjects import Subject
from tests.integration.conftest import copy_of_template
from tests.integration.simulated_hours import SimulatedHours, simulated_hours
from tests.raw_http import RawConnection

DRIFTING_HOURS = 30
MANY = 20


@pytest.fixture
def problems(database: str, tmp_path: Path) -> Iterator[SimulatedHours]:
    with simulated_hours(database, tmp_path, SCOUTER_MESSAGES="problems") as hours:
        yield hours


@pytest.fixture
def every_alert(database: str, tmp_path: Path) -> Iterator[SimulatedHours]:
    with simulated_hours(database, tmp_path, SCOUTER_MESSAGES="every_alert") as hours:
        yield hours


def play(hours: SimulatedHours, subject: Subject, drifting: int, good: int = 4) -> dict[int, list[str]]:
    """What was said after which window, the first of which is 1."""
    said = {}
    for window in range(1, drifting + good + 1):
        hours.send(replace(subject, drifts=window <= drifting), hours.begin_window())
        assert hours.check() == 1
        if kinds := [kind for kind, _ in hours.speak()]:
            said[window] = kinds
    return said


def test_thirty_hours_of_drift_are_three_messages(problems: SimulatedHours) -> None:
    said = play(problems, problems.register("Psi"), DRIFTING_HOURS)
    assert said == {2: ["firing"], 26: ["reminder"], 32: ["resolved"]}
    outcomes = problems.query("SELECT outcome, count(*) FROM check_run GROUP BY outcome ORDER BY outcome")
    assert outcomes == [("alert", DRIFTING_HOURS), ("ok", 4)]


def test_where_each_alert_is_told_they_are_thirty(every_alert: SimulatedHours) -> None:
    assert play(every_alert, every_alert.register("Psi"), DRIFTING_HOURS) == {}
    assert every_alert.query("SELECT count(*) FROM alert_delivery") == [(DRIFTING_HOURS,)]


def test_a_feature_that_drifts_in_all_profiles_of_a_space_is_one_message(problems: SimulatedHours) -> None:
    subjects = [problems.register("Psi", f"model{number}") for number in range(MANY)]
    end = problems.begin_window()
    for subject in subjects:
        problems.send(subject, end)
    assert problems.check() == MANY
    assert problems.speak() == []
    end = problems.begin_window()
    for subject in subjects:
        problems.send(subject, end)
    assert problems.check(MANY // 2) == MANY // 2
    assert problems.speak() == []  # the others are still due
    end = problems.query("SELECT date_trunc('hour', clock_timestamp(), 'UTC')")[0][0]
    for subject in subjects:
        problems.send(subject, end)
    assert problems.check() == MANY // 2
    ((kind, text),) = problems.speak()
    assert kind == "firing"
    assert f"f0: {MANY} of {MANY} profiles" in text
    assert problems.speak() == []


def listed(hours: SimulatedHours, subjects: list[Subject]) -> list[bytes]:
    """The alerts of each profile as both wires list them, without the numbers that a server draws for a profile."""
    found = []
    for subject in subjects:
        name = "&".join((f"name=m-{subject.kind}", "space=s", "version=0.1.0", "limit=1000"))
        body = f'{{"uid": "{subject.uid}", "limit": 1000}}'
        with RawConnection(hours.admin.url) as connection:
            for request, sent in ((f"GET /scouter/alerts?{name}", ""), ("POST /scouter/alerts", body)):
                head = f"{request} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {hours.admin.token}\r\n"
                connection.send(
                    f"{head}Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n{sent}".encode()
                )
                answer = connection.answer()
                assert answer.status == 200, answer
                found.append(answer.body.replace(subject.uid.encode(), b"uid"))
    return found


def test_alerts_are_the_same_whatever_people_are_told(postgres: str, tmp_path: Path) -> None:
    """Only when each was stored depends on its server: the n-th of both has the same moment here."""
    modes = ("problems", "every_alert")
    with ExitStack() as opened:
        databases = [opened.enter_context(copy_of_template(postgres)) for _ in modes]
        twins = [
            opened.enter_context(simulated_hours(database, tmp_path / mode, SCOUTER_MESSAGES=mode))
            for database, mode in zip(databases, modes, strict=True)
        ]
        subjects = [[twin.register(kind, f"m-{kind}") for kind in ("Spc", "Psi", "Custom")] for twin in twins]
        for drifts in (False, True, True, True, False, False, True):
            ends = [twin.begin_window() for twin in twins]
            for twin, end, own in zip(twins, ends, subjects, strict=True):
                twin.query("UPDATE profile SET next_run = next_run + entity_id * interval '1 microsecond'")  # in order
                for subject in own:
                    twin.send(replace(subject, drifts=drifts), end)
                assert twin.check() == len(own)
                twin.speak()
        for twin in twins:
            twin.query("UPDATE alert SET created_at = timestamptz '2026-01-01 00:00Z' + id * interval '1 second'")
            twin.query("UPDATE alert SET updated_at = created_at")
        one, other = (listed(twin, own) for twin, own in zip(twins, subjects, strict=True))
        assert one == other
        assert all(len(body) > 200 for body in one)
        told = [twin.query("SELECT count(*) FROM alert_delivery WHERE group_id IS NULL")[0][0] for twin in twins]
        assert told[0] == 0 < told[1]
