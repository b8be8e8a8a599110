"""Problems over alerts: decided with checks, told by groups, on a real database."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scouter.alerting.group_clock import GroupClock
from scouter.checks.checker import Checker
from scouter.checks.late_sweep import LateSweep
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.checks import claim_check
from scouter.postgres.tables.deliveries import claim_delivery, record_given_up
from scouter.server import Server
from scouter.settings.settings import Settings
from scouter.wire.notifications import ChannelName
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, registration

BAD, GOOD = 9.0, 1.0
LEASE = timedelta(seconds=60)


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    """It makes no checks by itself, and no group speaks before the test lets it."""
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        connection.execute("UPDATE alert_policy SET document = %s", (json.dumps({"fire_after": "1 of 1"}),))
    running = Server(quiet_settings(database, tmp_path, SCOUTER_ROLES="http"))
    running.start()
    yield running
    running.stop()


def quiet_settings(database: str, directory: Path, **environment: str) -> Settings:
    return settings_for(database, directory, SCOUTER_WINDOW_GRACE_SECONDS="0", **environment)


class Watched:
    """Profiles that are checked when the test says so."""

    def __init__(self, admin: HttpClient, pool: Pool, settings: Settings) -> None:
        self.admin = admin
        self._pool = pool
        self._checker = Checker(pool, settings.checks, settings.alerting)
        self._clock = GroupClock(pool)
        self._sweep = LateSweep(pool, settings.checks, settings.alerting, lambda: datetime.now(UTC))

    def register(self, name: str = "model", **changes: Any) -> str:
        profile = custom_profile(name=name)
        profile["config"]["alert_config"]["schedule"] = "* * * * * *"
        profile["config"] |= changes
        reply = self.admin.post("/scouter/profile", registration(profile, active=True))
        assert reply.status == 200, reply
        return str(reply.body["uid"])

    def window(self, uid: str, value: float | None) -> None:
        """One window of one profile, with such a value, checked."""
        if value is not None:
            record = {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "metric": "mae", "value": value}
            assert self.admin.post("/scouter/message", {"records": [{"Custom": record}]}).body["stored"] == 1
        self.query("UPDATE profile SET next_run = 'infinity' WHERE entity_id <> %s", self.entity(uid))
        self.query("UPDATE profile SET next_run = now() WHERE entity_id = %s", self.entity(uid))
        time.sleep(1.05)
        with self._pool.connection() as connection:
            claimed = claim_check(connection, grace=timedelta(0), lease=LEASE)
        assert claimed is not None
        assert claimed.uid == uid
        self._checker.run(claimed)

    def sweep(self) -> None:
        """Check again what late records came for."""
        self._sweep.sweep()

    def entity(self, uid: str) -> int:
        ((entity_id,),) = self.query("SELECT id FROM entity WHERE uid = %s", uid)
        return int(entity_id)

    def speak(self, *, at_once: bool = True) -> list[dict[str, Any]]:
        """What groups have to say now; of each message what it is about and its text."""
        if at_once:
            self.query("UPDATE message_group SET notify_at = now() WHERE notify_at IS NOT NULL")
        (last,) = self.query("SELECT coalesce(max(id), 0) FROM alert_delivery")[0]
        self._clock.tick()
        rows = self.query(
            "SELECT kind, payload ->> 'heading', payload -> 'descriptions' ->> 'console' FROM alert_delivery "
            "WHERE group_id IS NOT NULL AND id > %s ORDER BY id",
            last,
        )
        return [{"kind": kind, "heading": heading, "text": text} for kind, heading, text in rows]

    def deliver(self) -> None:
        self.query("UPDATE alert_delivery SET state = 'delivered', delivered_at = now() WHERE state = 'pending'")

    def problems(self) -> list[tuple[Any, ...]]:
        return self.query("SELECT signal, subject, direction, state, episode FROM problem ORDER BY id")

    def steps(self) -> list[str]:
        return [kind for (kind,) in self.query("SELECT kind FROM problem_event ORDER BY id")]

    def query(self, statement: str, *parameters: Any) -> list[Any]:
        with self._pool.connection() as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def watched(admin: HttpClient, pool: Pool, database: str, tmp_path: Path) -> Watched:
    return Watched(admin, pool, quiet_settings(database, tmp_path))


def test_what_stays_wrong_is_told_once_and_told_to_be_over(watched: Watched) -> None:
    uid = watched.register()
    for value in (GOOD, BAD, BAD, BAD):
        watched.window(uid, value)
    assert watched.problems() == [("custom", "mae", "above", "firing", 1)]
    (message,) = watched.speak()
    assert message["kind"] == "firing"
    assert message["heading"].startswith("1 new: ")
    assert "mae of model 0.1.0: " in message["text"]
    watched.deliver()
    watched.window(uid, BAD)
    assert watched.speak() == []
    watched.window(uid, GOOD)
    watched.window(uid, None)
    watched.window(uid, GOOD)
    assert [each["kind"] for each in watched.speak()] == ["resolved"]
    assert watched.steps() == ["firing", "told firing", "resolved", "told resolved"]
    assert len(watched.admin.post("/scouter/alerts", {"uid": uid}).body["items"]) == 4
    assert watched.query("SELECT 1 FROM alert_delivery WHERE group_id IS NULL") == []


def test_a_quiet_profile_writes_nothing(watched: Watched) -> None:
    uid = watched.register()
    watched.window(uid, GOOD)
    watched.window(uid, None)
    assert watched.problems() == []
    assert watched.speak() == []


def test_what_fires_and_resolves_before_its_group_speaks_is_not_told(watched: Watched) -> None:
    uid = watched.register()
    for value in (BAD, GOOD, GOOD):
        watched.window(uid, value)
    assert watched.speak() == []
    assert watched.steps() == ["firing", "resolved"]
    assert watched.query("SELECT 1 FROM message_group WHERE notify_at IS NOT NULL") == []


def test_a_message_that_nobody_sent_yet_gives_way(watched: Watched) -> None:
    uid = watched.register()
    watched.window(uid, BAD)
    assert [each["kind"] for each in watched.speak()] == ["firing"]
    for value in (GOOD, GOOD):
        watched.window(uid, value)
    assert watched.speak() == []
    assert watched.query("SELECT state FROM alert_delivery") == [("replaced",)]
    watched.window(uid, BAD)
    assert [each["kind"] for each in watched.speak()] == ["firing"]


def test_a_group_waits_while_somebody_sends_its_message(watched: Watched) -> None:
    uid = watched.register()
    watched.window(uid, BAD)
    watched.speak()
    watched.query("UPDATE alert_delivery SET claimed_by = 'x', claim_until = now() + interval '1 hour'")
    for value in (GOOD, GOOD):
        watched.window(uid, value)
    assert watched.speak() == []
    watched.deliver()
    assert [each["kind"] for each in watched.speak()] == ["resolved"]


def test_a_message_that_was_given_up_counts_as_not_told(watched: Watched, pool: Pool) -> None:
    uid = watched.register()
    watched.window(uid, BAD)
    watched.speak()
    now = datetime.now(UTC)
    with pool.connection() as connection:
        claimed = claim_delivery(connection, list(ChannelName), now=now, claimed_by="x", claim_until=now + LEASE)
        assert claimed is not None
        assert record_given_up(connection, claimed, error="nobody there")
    (message,) = watched.speak()
    assert message["kind"] == "firing"
    assert message["text"].startswith("1 earlier message could not be delivered\n")


def test_profiles_of_a_space_are_told_together_and_a_shared_cause_once(watched: Watched) -> None:
    uids = [watched.register(f"model{number}") for number in range(3)]
    for uid in uids:
        watched.window(uid, BAD)
    (message,) = watched.speak()
    assert message["heading"].startswith("3 new: ")
    assert "mae: 3 of 3 profiles" in message["text"]
    assert "probably upstream" in message["text"]


def test_a_group_waits_for_checks_that_are_due_at_the_same_instant(watched: Watched) -> None:
    first, second = watched.register("first"), watched.register("second")
    watched.window(first, BAD)
    watched.query(
        "UPDATE profile SET next_run = now() - interval '1 minute' WHERE entity_id = %s", watched.entity(second)
    )
    assert watched.speak() == []
    watched.query("UPDATE profile SET next_run = 'infinity'")
    assert [each["kind"] for each in watched.speak()] == ["firing"]


def test_a_silence_holds_a_message_back_until_it_ends(watched: Watched) -> None:
    uid = watched.register()
    watched.query(
        "INSERT INTO silence (id, matchers, starts_at, ends_at, comment, created_by) VALUES "
        "(gen_random_uuid(), %s, now() - interval '1 hour', now() + interval '1 hour', 'why', 'ada')",
        json.dumps([{"field": "subject", "is": "glob", "value": "m*"}]),
    )
    watched.window(uid, BAD)
    assert watched.speak() == []
    ((is_at_its_end,),) = watched.query(
        "SELECT notify_at = (SELECT ends_at FROM silence) FROM message_group WHERE notify_at IS NOT NULL"
    )
    assert is_at_its_end
    assert watched.speak() == []
    assert watched.steps() == ["firing", "held"], "why nothing is told is written down once"
    ((why,),) = watched.query(
        "SELECT detail ->> 'why' = 'silence ' || silence.id FROM problem_event, silence WHERE kind = 'held'"
    )
    assert why
    watched.query("UPDATE silence SET ends_at = now()")
    assert [each["kind"] for each in watched.speak()] == ["firing"]
    assert watched.steps() == ["firing", "held", "told firing"]


def test_a_reminder_is_planned_and_needs_a_bad_window(watched: Watched) -> None:
    watched.query('UPDATE alert_policy SET document = \'{"fire_after": "1 of 1", "repeat_every": "1m"}\'')
    uid = watched.register()
    watched.window(uid, BAD)
    watched.speak()
    watched.deliver()
    watched.query("UPDATE message_group_problem SET told_at = now() - interval '2 minutes'")
    watched.query("UPDATE problem SET bad_at = now() - interval '3 minutes'")
    assert watched.speak() == []
    watched.window(uid, BAD)
    assert [each["kind"] for each in watched.speak()] == ["reminder"]


def test_a_message_that_a_killed_server_may_have_sent_is_sent_again_and_then_taken_back(watched: Watched) -> None:
    uid = watched.register()
    watched.window(uid, BAD)
    assert [each["kind"] for each in watched.speak()] == ["firing"]
    watched.query("UPDATE alert_delivery SET attempts = 1, claimed_by = 'x', claim_until = now() - interval '1 second'")
    for _ in range(2):
        watched.window(uid, GOOD)
    assert watched.speak() == []
    assert watched.query("SELECT kind, state FROM alert_delivery") == [("firing", "pending")]
    watched.query("UPDATE alert_delivery SET state = 'delivered', claimed_by = NULL, claim_until = NULL")
    assert [each["kind"] for each in watched.speak()] == ["resolved"]


ESCALATED = {
    "fire_after": "1 of 1",
    "escalate_after": "10m",
    "escalate_to": [{"slack": {"channel": "#chief"}}],
    "repeat_every": "1m",
}


def pass_ten_minutes(watched: Watched) -> None:
    watched.query(
        "UPDATE message_group_problem SET first_at = now() - interval '10 minutes' WHERE first_at IS NOT NULL"
    )


def escalations(watched: Watched) -> list[tuple[Any, ...]]:
    return watched.query("SELECT channel, kind FROM alert_delivery WHERE channel = 'slack' ORDER BY id")


def test_what_nobody_takes_is_told_to_others_once_and_told_to_be_over(watched: Watched) -> None:
    watched.query("UPDATE alert_policy SET document = %s", json.dumps(ESCALATED))
    uid = watched.register()
    watched.window(uid, BAD)
    watched.speak()
    watched.deliver()
    when = "SELECT notify_at - first_at FROM message_group JOIN message_group_problem ON group_id = id"
    assert watched.query(when) == [(timedelta(minutes=10),)]
    assert escalations(watched) == []
    pass_ten_minutes(watched)
    watched.speak()
    watched.speak()
    assert escalations(watched) == [("slack", "firing")]
    watched.query("UPDATE alert_delivery SET state = 'delivered'")
    watched.window(uid, BAD)
    pass_ten_minutes(watched)
    watched.speak()
    assert escalations(watched) == [("slack", "firing")]
    watched.query("UPDATE alert_delivery SET state = 'delivered'")
    for _ in range(2):
        watched.window(uid, GOOD)
    watched.speak()
    assert escalations(watched) == [("slack", "firing"), ("slack", "resolved")]


def test_what_somebody_has_taken_is_told_to_nobody_else(watched: Watched) -> None:
    watched.query("UPDATE alert_policy SET document = %s", json.dumps(ESCALATED))
    uid = watched.register()
    watched.window(uid, BAD)
    watched.speak()
    watched.deliver()
    ((problem_id,),) = watched.query("SELECT id FROM problem")
    taken = watched.admin.post(f"/scouter/alerts/problems/{problem_id}/acknowledge", {"comment": "mine"})
    assert taken.status == 200
    pass_ten_minutes(watched)
    watched.speak()
    watched.speak()
    assert escalations(watched) == []


def test_in_the_mode_of_every_alert_problems_are_reckoned_and_nothing_is_told_of_them(watched: Watched) -> None:
    watched.query('UPDATE alert_policy SET document = \'{"fire_after": "1 of 1", "messages": "every_alert"}\'')
    uid = watched.register()
    watched.window(uid, BAD)
    watched.window(uid, BAD)
    assert watched.problems() == [("custom", "mae", "above", "firing", 1)]
    assert watched.speak() == []
    assert len(watched.query("SELECT 1 FROM alert_delivery")) == 2


def test_a_failing_check_is_a_problem_until_one_succeeds(watched: Watched) -> None:
    uid = watched.register()
    conditions = "jsonb_set(document::jsonb, '{config,alert_config,alert_conditions}', %s)::json"
    watched.query(f"UPDATE profile SET document = {conditions}, attempts = 99", "7")
    watched.window(uid, GOOD)
    assert watched.problems() == [("failing", "", "", "firing", 1)]
    (message,) = watched.speak()
    assert "its check failed" in message["text"]
    watched.deliver()
    watched.query(f"UPDATE profile SET document = {conditions}", "{}")
    watched.window(uid, GOOD)
    assert [each["kind"] for each in watched.speak()] == ["resolved"]


def acknowledged(watched: Watched) -> list[Any]:
    return watched.query("SELECT acknowledged_by FROM problem")


def switch(watched: Watched, *, active: bool, version: str = "0.1.0", **more: Any) -> None:
    body = {"space": "s", "name": "model", "version": version, "active": active, **more}
    assert watched.admin.put("/scouter/profile/status", body).status == 200


def told_firing(watched: Watched) -> str:
    uid = watched.register()
    watched.window(uid, BAD)
    assert [each["kind"] for each in watched.speak()] == ["firing"]
    watched.deliver()
    return uid


def test_a_problem_ends_when_its_profile_is_switched_off_and_begins_anew_afterwards(watched: Watched) -> None:
    uid = told_firing(watched)
    switch(watched, active=False)
    (message,) = watched.speak()
    assert (message["kind"], "deactivated" in message["text"]) == ("ended", True)
    watched.deliver()
    switch(watched, active=True)
    watched.window(uid, BAD)
    assert watched.problems() == [("custom", "mae", "above", "firing", 2)]


def test_deleting_a_profile_tells_that_its_problems_ended(watched: Watched) -> None:
    uid = told_firing(watched)
    assert watched.admin.delete(f"/scouter/profile?uid={uid}").status == 200
    rows = watched.query("SELECT kind FROM alert_delivery WHERE state = 'pending'")
    assert rows == [("ended",)]
    assert watched.problems() == []


def test_an_alert_that_is_switched_off_takes_the_problem_and_back(watched: Watched) -> None:
    uid = told_firing(watched)
    (alert,) = watched.admin.post("/scouter/alerts", {"uid": uid}).body["items"]
    for active, by in ((False, "admin"), (True, None)):
        reply = watched.admin.put("/scouter/alerts", {"id": alert["id"], "active": active})
        assert reply.body == {"updated": True}
        assert acknowledged(watched) == [(by,)]
    body = {"uid": uid, "until": datetime.now(UTC).isoformat()}
    assert watched.admin.post("/scouter/alerts/acknowledge", body).body["acknowledged"] == 1
    assert acknowledged(watched) == [("admin",)]
    assert watched.steps()[-3:] == ["acknowledged", "taken back", "acknowledged"]


def test_what_somebody_has_taken_is_not_told_again_but_that_it_is_over(watched: Watched) -> None:
    uid = told_firing(watched)
    watched.query('UPDATE alert_policy SET document = \'{"fire_after": "1 of 1", "repeat_every": "1m"}\'')
    watched.query("UPDATE problem SET acknowledged_episode = 1, acknowledged_by = 'ada', acknowledged_at = now()")
    watched.query("UPDATE message_group_problem SET told_at = now() - interval '2 minutes'")
    watched.window(uid, BAD)
    assert watched.speak() == []
    watched.window(uid, GOOD)
    watched.window(uid, GOOD)
    assert [each["kind"] for each in watched.speak()] == ["resolved"]


def test_late_records_that_make_a_window_good_resolve_it(watched: Watched) -> None:
    uid = watched.register()
    watched.window(uid, BAD)
    ((start, end),) = watched.query("SELECT window_start, window_end FROM check_run")
    watched.speak()
    watched.deliver()
    late = (start + (end - start) / 2).isoformat()
    records = [{"Custom": {"created_at": late, "uid": uid, "metric": "mae", "value": GOOD}}] * 50
    assert watched.admin.post("/scouter/message", {"records": records}).body["stored"] == 50
    watched.query("UPDATE late_arrival SET stored_at = now() - interval '2 hours'")
    watched.sweep()
    ((state, reason),) = watched.query("SELECT state, reason FROM problem")
    assert (state, reason) == ("ok", "late records")
    (message,) = watched.speak()
    assert (message["kind"], "late records" in message["text"]) == ("resolved", True)


def test_the_webhook_gets_every_alert_whatever_people_are_told(
    admin: HttpClient, pool: Pool, database: str, tmp_path: Path
) -> None:
    with_webhook = quiet_settings(database, tmp_path, SCOUTER_WEBHOOK_URL="http://127.0.0.1:9/hook")
    watched = Watched(admin, pool, with_webhook)
    uid = watched.register()
    for _ in range(2):
        watched.window(uid, BAD)
    written = "SELECT channel, group_id IS NULL FROM alert_delivery ORDER BY id"
    assert watched.query(written) == [("webhook", True)] * 2
    (message,) = watched.speak()
    assert message["kind"] == "firing"
