"""What a group has to say, as the message that channels take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import msgspec
from msgspec import Raw

from scouter.drift.descriptions import Wording
from scouter.policy.group_message import GroupNews, body_of, title_of
from scouter.policy.mentions import Mention
from scouter.policy.shared_causes import SharedCause
from scouter.policy.telling import Kind
from scouter.postgres.tables.message_groups import DueGroup, Member, Spoken, StoredAlertOfProblem
from scouter.wire.notifications import Descriptions
from scouter.wire.problem_messages import MessageKind, Problem, ProblemMessage, ProblemNews, Remote

_WEIGHTIEST_FIRST = list(MessageKind)


@dataclass(frozen=True, slots=True)
class Telling:
    """One problem that a message tells, and what it says of it."""

    member: Member
    kind: Kind
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class MessageParts:
    """What a message is made of beside its tellings. `firing`: problems of the group that fire once this is told.

    `remote`: what the channel calls the first message of the episode.
    """

    group: DueGroup
    spoken: Spoken
    causes: Mapping[str, SharedCause]
    alerts: Mapping[int, StoredAlertOfProblem]
    firing: int
    undelivered: int
    remote: Remote | None


def message_of(tellings: Sequence[Telling], parts: MessageParts) -> ProblemMessage:
    group, now = parts.group, parts.group.now
    news = GroupNews(
        _about(tellings, group),
        tuple(_mention(each) for each in tellings),
        parts.causes,
        f"GET /scouter/alerts/problems?space={quote(group.space, safe='')}",
        parts.undelivered,
    )
    kinds = {MessageKind(each.kind.value) for each in tellings}
    return ProblemMessage(
        group=group.key,
        episode=parts.spoken.episode,
        sequence=parts.spoken.sequence,
        opening=parts.spoken.opening,
        kind=min(kinds, key=_WEIGHTIEST_FIRST.index),
        heading=title_of(news),
        descriptions=_descriptions(news, now),
        problems=tuple(_news(each, parts.alerts) for each in tellings),
        firing=parts.firing,
        since=parts.spoken.since or now,
        created_at=now,
        late=all(each.member.late for each in tellings),
        remote=parts.remote,
    )


def _about(tellings: Sequence[Telling], group: DueGroup) -> str:
    """The profile where there is one only, else the space."""
    profiles = {f"{each.member.space}/{each.member.name} {each.member.version}" for each in tellings}
    return profiles.pop() if len(profiles) == 1 else group.space


def _descriptions(news: GroupNews, now: datetime) -> Descriptions:
    console, slack, opsgenie = (
        body_of(news, wording, now) for wording in (Wording.console, Wording.slack, Wording.ops_genie)
    )
    return Descriptions(console, slack, opsgenie)


def _mention(telling: Telling) -> Mention:
    member, problem = telling.member, telling.member.problem
    return Mention(
        kind=telling.kind,
        key=member.key,
        name=member.name,
        version=member.version,
        since=_since(member),
        strength=member.strength,
        p_value=member.p_value,
        windows_bad=sum(member.verdicts),
        resolved_at=problem.resolved_at,
        reason=problem.reason,
        late=member.late,
        acknowledged_by=member.acknowledged_by if telling.acknowledged else None,
        problem_id=member.id,
    )


def _news(telling: Telling, alerts: Mapping[int, StoredAlertOfProblem]) -> ProblemNews:
    member = telling.member
    own = [alerts[alert_id] for alert_id in member.alert_ids if alert_id in alerts]
    return ProblemNews(
        problem=Problem(
            id=member.id,
            uid=member.uid,
            space=member.space,
            name=member.name,
            version=member.version,
            drift_type=member.drift_type,
            signal=member.signal,
            subject=member.subject,
            direction=member.direction or None,
            episode=member.episode,
            since=_since(member),
            windows_bad=sum(member.verdicts),
            effect=member.effect,
            p_value=member.p_value,
            acknowledged_by=member.acknowledged_by if telling.acknowledged else None,
        ),
        state=MessageKind(telling.kind.value),
        reason=member.reason,
        alert_ids=tuple(each.id for each in own),
        alerts=Raw(msgspec.json.encode([_alert(each) for each in own])),
    )


def _alert(stored: StoredAlertOfProblem) -> dict[str, object]:
    return {
        "id": stored.id,
        "entity_name": stored.entity_name,
        "created_at": stored.created_at,
        "alert": Raw(stored.alert.encode()),
    }


def _since(member: Member) -> datetime:
    """Of a problem that is over, nobody knows its first window any more: it is when it fired."""
    moment = member.since or member.fired_at or member.resolved_at
    assert moment is not None  # noqa: S101  # what was told has fired
    return moment
