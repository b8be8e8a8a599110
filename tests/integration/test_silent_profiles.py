"""Profiles that stop sending: arrivals are written down as they come, and silence is a problem like any other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from scouter.checks.silence_sweep import SilenceSweep
from scouter.policy.hour_set import HOUR, SIZE, HourSet, hour_of
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.profile_activity import arrivals_of_profile, note_arrivals
from scouter.postgres.tables.reception import WayIn, report_receivers
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.test_problems import GOOD, Watched, quiet_settings

ALL_HOURS = "1" * SIZE


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    """Nothing is looked at before the test does."""
    running = Server(quiet_settings(database, tmp_path, SCOUTER_ROLES="http"))
    running.start()
    yield running
    running.stop()


class Sender(Watched):
    """A profile whose arrivals are those of the last four weeks, and whoever looks for silent ones."""

    def __init__(self, admin: HttpClient, pool: Pool, server: Server) -> None:
        super().__init__(admin, pool, server._settings)
        self.query("UPDATE alert_policy SET document = '{}' WHERE space IS NULL AND entity_id IS NULL")
        self.pool = pool
        self._silences = SilenceSweep(pool, server._settings.alerting)
        self.notes = next(part for part in server.supervisor.parts if part.name == "arrivals")

    def write_arrivals(self) -> None:
        """As the server does once a minute."""
        self.notes.write()  # type: ignore[attr-defined]  # the parts are known by their names

    def sends(self, uid: str, *, at: datetime | None = None) -> None:
        record = {"created_at": (at or datetime.now(UTC)).isoformat(), "uid": uid, "metric": "mae", "value": GOOD}
        assert self.admin.post("/scouter/message", {"records": [{"Custom": record}]}).body["stored"] == 1
        self.write_arrivals()

    def sent_until(self, uid: str, hours_ago: int, *, hours: str = ALL_HOURS) -> None:
        """In every hour of the last four weeks, and nothing since. All of them were watched."""
        now = hour_of(datetime.now(UTC))
        self.query("UPDATE profile SET activated_at = %s", now - timedelta(days=40))
        last = now - hours_ago * HOUR - timedelta(minutes=1)
        self.query(
            "INSERT INTO profile_activity (entity_id, moved_at, first_at, hours, hours_from) "
            "VALUES (%s, %s, %s, %s, %s)",
            self.entity(uid),
            last,
            now - timedelta(days=35),
            hours,
            hour_of(last) - (SIZE - 1) * HOUR,
        )
        self.watched_since(now - timedelta(days=28))

    def watched_since(self, moment: datetime) -> None:
        now = datetime.now(UTC)
        self.query(
            "UPDATE reception SET began_at = %s, looked_at = %s, without_gap_since = %s, hours = %s, hours_from = %s",
            moment,
            now,
            moment,
            "".join("1" if hour_of(now) - n * HOUR >= moment else "0" for n in range(SIZE, 0, -1)),
            hour_of(now) - SIZE * HOUR,
        )

    def sweep_silences(self) -> int:
        self.write_arrivals()
        return self._silences.sweep()

    def silences(self) -> list[tuple[Any, ...]]:
        return self.query("SELECT state, episode, reason FROM problem WHERE signal = 'silent' ORDER BY id")


@pytest.fixture
def sender(admin: HttpClient, pool: Pool, server: Server) -> Sender:
    return Sender(admin, pool, server)


def test_a_silence_is_told_once_and_ends_with_the_first_record(sender: Sender) -> None:
    uid = sender.register("model")
    sender.sent_until(uid, 3)
    assert [sender.sweep_silences() for _ in range(3)] == [1, 0, 0]
    assert sender.silences() == [("firing", 1, None)]
    (message,) = sender.speak()
    assert message["kind"] == "firing"
    assert "model 0.1.0: no records come any more, since " in message["text"]
    sender.deliver()
    sender.sends(uid)
    assert [sender.sweep_silences() for _ in range(2)] == [1, 0]
    assert sender.silences() == [("ok", 1, None)]
    assert [each["kind"] for each in sender.speak()] == ["resolved"]
    assert sender.steps() == ["firing", "told firing", "resolved", "told resolved"]


def test_the_judgement_of_a_profile_says_when_and_how_much_it_sends(sender: Sender) -> None:
    uid = sender.register()
    path = "/scouter/profile/judgement"
    assert sender.admin.get(path, uid=uid).body["arrivals"] == {
        "last_at": None,
        "usual_hours_a_week": 0,
        "usual_records_an_hour": None,
        "present_records_an_hour": None,
    }
    sender.sent_until(uid, 1)
    now = datetime.now(UTC)
    for hours, rows in ((3, 100), (2, 300), (1, 200), (0, 0)):
        end = now - hours * HOUR
        sender.query(
            "INSERT INTO check_run (entity_id, window_start, window_end, attempt, outcome, row_count, started_at, "
            "finished_at) VALUES (%s, %s, %s, 1, 'ok', %s, now(), now())",
            sender.entity(uid),
            end - HOUR,
            end,
            rows,
        )
    arrivals = sender.admin.get(path, uid=uid).body["arrivals"]
    assert arrivals["usual_hours_a_week"] == 168
    assert (arrivals["usual_records_an_hour"], arrivals["present_records_an_hour"]) == (200.0, 0.0)
    assert arrivals["last_at"] is not None


def test_a_profile_that_sent_an_hour_ago_is_not_silent(sender: Sender) -> None:
    sender.sent_until(sender.register(), 1)
    assert sender.sweep_silences() == 0
    assert sender.silences() == []


@pytest.mark.parametrize("hours", [-23, -1, 1, 23])
def test_the_clock_of_the_sender_makes_nothing_silent_and_nothing_heard_too_late(sender: Sender, hours: int) -> None:
    uid = sender.register()
    sender.sent_until(uid, 3)
    assert sender.sweep_silences() == 1
    sender.sends(uid, at=datetime.now(UTC) + timedelta(hours=hours))
    assert sender.sweep_silences() == 1
    assert sender.silences() == [("ok", 1, None)]
    with sender.pool.connection() as connection:
        arrivals = arrivals_of_profile(connection, sender.entity(uid))
    assert arrivals is not None
    assert abs(arrivals.moved_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert datetime.now(UTC) in arrivals.received


def test_nothing_is_silent_while_a_spool_waits_or_nobody_reads(sender: Sender) -> None:
    """And what could not be received after it says nothing either: the sender has its whole time again."""
    uid = sender.register()
    sender.sent_until(uid, 3)
    with sender.pool.connection() as connection:
        report_receivers(connection, uuid4(), [WayIn("http", is_up=True, is_behind=True)])
    assert sender.sweep_silences() == 0
    sender.query("UPDATE receiver SET is_behind = false, transport = 'kafka', is_up = false WHERE is_behind")
    assert sender.sweep_silences() == 0
    sender.query("DELETE FROM receiver WHERE transport = 'kafka'")
    sender.watched_since(datetime.now(UTC) - timedelta(minutes=30))
    assert sender.sweep_silences() == 0
    assert sender.silences() == []


def test_a_server_that_was_down_for_five_hours_makes_nothing_silent(sender: Sender) -> None:
    uid = sender.register()
    sender.sent_until(uid, 6)
    down = "".join("0" if n <= 5 else "1" for n in range(SIZE, 0, -1))
    sender.query("UPDATE reception SET looked_at = now() - interval '5 hours', hours = %s", down)
    assert sender.sweep_silences() == 0
    assert sender.silences() == []
    ((since, looked),) = sender.query("SELECT without_gap_since, looked_at FROM reception")
    assert since == looked


def test_a_profile_that_never_sent_is_silent_after_a_day(sender: Sender) -> None:
    uid = sender.register()
    sender.watched_since(datetime.now(UTC) - timedelta(days=3))
    sender.query("UPDATE profile SET activated_at = now() - interval '23 hours'")
    assert sender.sweep_silences() == 0
    sender.query("UPDATE profile SET activated_at = now() - interval '25 hours'")
    assert sender.sweep_silences() == 1
    sender.sends(uid)
    assert sender.sweep_silences() == 1
    assert sender.silences() == [("ok", 1, None)]


def test_what_is_expected_counts_at_once_and_off_is_off(sender: Sender) -> None:
    uid = sender.register()
    sender.sent_until(uid, 1)
    policy = {"uid": uid, "policy": {"expect_every": "30m"}}
    assert sender.admin.put("/scouter/alerts/policy", policy).status == 200
    assert sender.sweep_silences() == 1
    policy = {"uid": uid, "policy": {"expect_every": "off", "silent_after": "off"}}
    assert sender.admin.put("/scouter/alerts/policy", policy).status == 200
    assert sender.sweep_silences() == 1
    assert sender.silences() == [("ok", 1, "policy changed")]


def test_a_profile_that_is_switched_off_or_deleted_ends_without_more(sender: Sender) -> None:
    uid, other = sender.register("one"), sender.register("two")
    for each in (uid, other):
        sender.sent_until(each, 3)
    assert sender.sweep_silences() == 2
    status = {"space": "s", "name": "one", "version": "0.1.0", "drift_type": "Custom", "active": False}
    assert sender.admin.put("/scouter/profile/status", status).status == 200
    assert sender.admin.delete(f"/scouter/profile?uid={other}").status == 200
    assert sender.sweep_silences() == 0
    assert sender.silences() == [("ok", 1, "deactivated")]


def test_a_silence_holds_back_what_is_blind_and_a_check_that_fails_holds_back_the_silence(sender: Sender) -> None:
    uid = sender.register()
    sender.sent_until(uid, 3)
    for signal in ("failing", "blind"):
        sender.query(
            "INSERT INTO problem (entity_id, signal, subject, direction, state, episode, since, followed) "
            "VALUES (%s, %s, '', '', 'firing', 1, now(), true)",
            sender.entity(uid),
            signal,
        )
    assert sender.sweep_silences() == 1
    sender.query(
        "INSERT INTO message_group_problem (group_id, problem_id) SELECT message_group.id, problem.id "
        "FROM message_group, problem ON CONFLICT DO NOTHING"
    )
    (message,) = sender.speak()
    assert message["heading"].startswith("1 new: ")
    assert "its check failed" in message["text"]
    sender.deliver()
    sender.window(uid, GOOD)  # the check works again, and sees a record
    sender.deliver()
    texts = [each["text"] for each in sender.speak()]
    assert any("no records come any more" in text for text in texts)
    assert not any("cannot be checked" in text for text in texts)
    sender.deliver()
    assert sender.sweep_silences() == 1
    assert any("cannot be checked" in each["text"] for each in sender.speak())


def test_hours_of_before_fall_into_their_place_and_old_ones_out_of_the_set(sender: Sender) -> None:
    entity_id, now = sender.entity(sender.register()), hour_of(datetime.now(UTC))
    hours = [now - 700 * HOUR, now - 3 * HOUR, now - 5 * HOUR, now, now - 671 * HOUR, now - 672 * HOUR]
    for hour in hours:
        with sender.pool.connection() as connection:
            note_arrivals(connection, hour, {entity_id: hour})
    with sender.pool.connection() as connection:
        arrivals = arrivals_of_profile(connection, entity_id)
    assert arrivals is not None
    assert (arrivals.moved_at, arrivals.first_at) == (now, min(hours))
    kept = HourSet(now - (SIZE - 1) * HOUR)
    for hour in hours:
        kept = kept.with_hour(hour)
    assert replace(arrivals.received, first=kept.first) == kept
