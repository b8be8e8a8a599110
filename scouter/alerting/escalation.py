"""A problem that nobody has taken in time: others are told of it, in a group of theirs."""

from __future__ import annotations

from datetime import datetime

import msgspec

from scouter.alerting.channels.recipients import named_destinations
from scouter.alerting.group_judgement import Judged
from scouter.policy.groups import group_key
from scouter.postgres.statements import Connection
from scouter.postgres.tables.message_groups import escalate, schedule_group
from scouter.postgres.tables.problems import add_problem_event


def escalate_problem(connection: Connection, judged: Judged, now: datetime) -> None:
    """Once an episode, in the transaction that has found it due."""
    member, policy = judged.member, judged.policy
    for destination in named_destinations(policy.escalate_to):
        channel, text = destination.channel.value, msgspec.json.encode(destination).decode()
        key = group_key(
            policy, space=member.space, uid=member.uid, channel=channel, destination=text, is_escalation=True
        )
        group_id = schedule_group(
            connection,
            key=key,
            space=member.space,
            channel=channel,
            destination=text,
            notify_at=now,
            opened_at=now,
            instant=None,
            interval=policy.group_interval,
        )
        escalate(connection, group_id, member.id, member.episode)
    add_problem_event(connection, member.id, "escalated", at=now, episode=member.episode)
