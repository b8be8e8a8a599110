"""The server's policy is stored, and set variables overrule it at the start."""

from __future__ import annotations

import logging

import msgspec
import pytest

from scouter.alerting.server_policy import overrule_policy
from scouter.policy.policy import DEFAULTS
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.alert_policies import one_policy, policies_of_space, put_policy
from scouter.settings.messages import MessageSettings


def stored(pool: Pool, settings: MessageSettings) -> object:
    with pool.connection() as connection:
        overrule_policy(connection, settings)
        policy = one_policy(connection)
    assert policy is not None
    return msgspec.json.decode(policy.document)


def test_what_is_set_overrules_what_is_stored(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    assert stored(pool, MessageSettings()) == {"messages": "every_alert"}
    with caplog.at_level(logging.INFO):
        chosen = MessageSettings(messages="problems", repeat_hours=12, group_wait_seconds=10, late_hours=0)
        wanted = {"messages": "problems", "repeat_every": "12h", "group_wait": "10s", "late_hours": 0}
        assert stored(pool, chosen) == wanted
        assert stored(pool, MessageSettings()) == wanted
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == ["the policy of this database said messages every_alert; this start sets it to problems"]


def test_a_stored_policy_that_cannot_be_read_does_not_stop_anything(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    with pool.connection() as connection:
        put_policy(connection, '{"a_key_of_later": 1}', by="a later version")
        assert policies_of_space(connection, "s").policy() == DEFAULTS
    assert "a_key_of_later" in caplog.text


def test_the_better_way_is_named_at_the_start(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        stored(pool, MessageSettings())
    assert "SCOUTER_MESSAGES=problems" in caplog.text


def test_hours_until_a_profile_is_silent_are_of_the_servers_policy_and_none_switches_it_off(pool: Pool) -> None:
    assert stored(pool, MessageSettings(silent_hours=4)) == {
        "messages": "every_alert",
        "silent_after": 4,
        "never_sent_after": "24h",
    }
    off = {"messages": "every_alert", "silent_after": "off", "never_sent_after": "off"}
    assert stored(pool, MessageSettings(silent_hours=0)) == off
    assert stored(pool, MessageSettings()) == off
