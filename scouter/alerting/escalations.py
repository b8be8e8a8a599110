"""Telling somebody else of a problem that nobody has taken: by a group of its own, once an episode."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from scouter.alerting.group_judgement import Judged
from scouter.alerting.problem_outbox import problem_destinations
from scouter.policy.groups import escalation_key
from scouter.postgres.statements import Connection
from scouter.postgres.tables.message_groups import join_groups, memberships_of_problems, schedule_group
from scouter.settings.alerting import AlertingSettings
from scouter.wire.notifications import Destination
from scouter.wire.profiles import ConsoleDispatch, DispatchConfig

_NOBODYS_OWN = DispatchConfig(
    console=ConsoleDispatch(enabled=True)
)  # no recipient of an escalation is the profile's own


def escalate(connection: Connection, judged: Iterable[Judged], settings: AlertingSettings, now: datetime) -> None:
    """What is due now is put into the groups of those that it is to be told to. They speak like others."""
    wanted = [
        (escalation_key(each.member.space, destination.channel.value, _text(destination)), destination, each)
        for each in judged
        if each.escalates_at is not None and each.escalates_at <= now
        for destination in problem_destinations(each.policy.escalate_to, _NOBODYS_OWN, settings)
    ]
    for key, destination, each in sorted(wanted, key=lambda one: (one[0], one[2].member.id)):
        if not _is_told(connection, key, each):
            _put_in(connection, key, destination, each, now)


def _is_told(connection: Connection, key: str, judged: Judged) -> bool:
    """Of this episode, or about to be."""
    memberships = memberships_of_problems(connection, [judged.member.id]).get(judged.member.id, [])
    own = next((each for each in memberships if each.key == key), None)
    return own is not None and own.told is not None and own.told.episode == judged.member.episode


def _put_in(connection: Connection, key: str, destination: Destination, judged: Judged, now: datetime) -> None:
    group_id = schedule_group(
        connection,
        key=key,
        space=judged.member.space,
        channel=destination.channel.value,
        destination=_text(destination),
        notify_at=now,
        opened_at=now,
        instant=None,
        interval=judged.policy.group_interval,
        is_escalation=True,
    )
    join_groups(connection, [(group_id, judged.member.id)])


def _text(destination: Destination) -> str:
    return msgspec.json.encode(destination).decode()
