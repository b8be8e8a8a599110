"""Groups of problems that are told together, what was told of each, and the messages that told it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from scouter.policy.acknowledgement import Acknowledgement
from scouter.policy.identity import ProblemKey, Side, Signal
from scouter.policy.problem import Problem, Reason, Standing, State
from scouter.policy.silences import SilenceSubject
from scouter.policy.telling import Strength, Told
from scouter.postgres.statements import Connection, named_statements
from scouter.postgres.tables.problems import acknowledgement_of
from scouter.wire.problem_messages import Remote

_sql = named_statements("message_groups")


class ToldBefore(msgspec.Struct, frozen=True):
    """What had been told of a problem before a message: null, nothing."""

    problem_id: int
    told: Told | None


_decode_remote = msgspec.json.Decoder(Remote).decode
_decode_undo = msgspec.json.Decoder(list[ToldBefore]).decode


@dataclass(frozen=True, slots=True)
class DueGroup:
    """A group that may speak; locked. `destination` is JSON text, `now` the database's time."""

    id: int
    key: str
    space: str
    channel: str
    destination: str
    episode: int
    since: datetime | None
    sequence: int
    opening: int
    opened_at: datetime
    instant: datetime | None
    last_sent_at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """A problem in a group, and what was told of it there. `is_escalation`: because nobody took it."""

    group_id: int
    key: str
    is_current: bool
    is_escalation: bool
    told: Told | None


@dataclass(frozen=True, slots=True)
class _MembershipRow:
    problem_id: int
    group_id: int
    key: str
    is_current: bool
    escalated_episode: int | None
    told_state: str | None
    told_episode: int | None
    told_at: datetime | None
    first_at: datetime | None
    told_effect: float | None
    told_zone_4: bool | None


@dataclass(frozen=True, slots=True)
class Member:
    """A problem of a group that may be worth telling, with its profile.

    `escalated_episode`: it is told in this group because nobody took it then; null: anyhow. `escalated_in`: the last
    episode in which it was, anywhere.
    """

    group_id: int
    id: int
    entity_id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    signal: str
    subject: str
    direction: str
    state: str
    episode: int
    since: datetime | None
    fired_at: datetime | None
    resolved_at: datetime | None
    bad_at: datetime | None
    reason: str | None
    verdicts: list[bool]
    effect: float | None
    p_value: float | None
    zone_4: bool
    late: bool
    alert_ids: list[int]
    acknowledged_episode: int | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledged_until: datetime | None
    is_current: bool
    escalated_episode: int | None
    escalated_in: int | None
    told_state: str | None
    told_episode: int | None
    told_at: datetime | None
    first_at: datetime | None
    told_effect: float | None
    told_zone_4: bool | None

    @property
    def key(self) -> ProblemKey:
        return ProblemKey(self.uid, Signal(self.signal), self.subject, Side(self.direction))

    @property
    def problem(self) -> Problem:
        """Without its windows, which have had their say."""
        return Problem(
            standing=Standing(State(self.state), self.since),
            episode=self.episode,
            fired_at=self.fired_at,
            resolved_at=self.resolved_at,
            bad_at=self.bad_at,
            reason=None if self.reason is None else Reason(self.reason),
        )

    @property
    def strength(self) -> Strength:
        return Strength(self.effect, self.zone_4)

    @property
    def told(self) -> Told | None:
        return _told(self)

    @property
    def acknowledgement(self) -> Acknowledgement | None:
        return acknowledgement_of(
            self.acknowledged_episode, self.acknowledged_by, self.acknowledged_at, self.acknowledged_until
        )

    @property
    def silence_subject(self) -> SilenceSubject:
        return SilenceSubject(
            self.space, self.name, self.version, self.drift_type, self.signal, self.subject, self.direction
        )


@dataclass(frozen=True, slots=True)
class UndeliveredMessage:
    """`undo` is JSON text; `is_claimed`: somebody is sending it."""

    group_id: int
    id: int
    undo: str | None
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class StoredAlertOfProblem:
    """`alert` is JSON text."""

    id: int
    entity_name: str
    created_at: datetime
    alert: str


@dataclass(frozen=True, slots=True)
class NextLook:
    """When a group looks again. None: when something happens. `has_news`: it has something to say, and waits."""

    group_id: int
    at: datetime | None
    has_news: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a group stands once it has spoken."""

    episode: int
    since: datetime | None
    sequence: int
    opening: int

    @property
    def opens(self) -> bool:
        """Its first message of this episode."""
        return self.sequence == self.opening


@dataclass(frozen=True, slots=True)
class NewMessage:
    """For the outbox. `payload` is JSON text; `tellings`: what is said of each problem.

    `notify_at`: when its group looks again.
    """

    group: DueGroup
    spoken: Spoken
    kind: str
    payload: str
    alert_ids: Sequence[int]
    tellings: Sequence[tuple[Member, str]]
    notify_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message about problems, and what it said."""

    id: int
    space: str
    channel: str
    sequence: int
    kind: str
    state: str
    created_at: datetime
    attempts: int
    delivered_at: datetime | None
    last_error: str | None
    receipt: str | None
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _RemoteRow:
    group_id: int
    remote: str


@dataclass(frozen=True, slots=True)
class _FiringRow:
    subject: str
    uid: str


@dataclass(frozen=True, slots=True)
class _GivenUpRow:
    group_id: int
    messages: int


@dataclass(frozen=True, slots=True)
class _AddedRow:
    group_id: int
    id: int


@dataclass(frozen=True, slots=True)
class _HavingRow:
    subject: str
    profiles: int


def schedule_group(
    connection: Connection,
    *,
    key: str,
    space: str,
    channel: str,
    destination: str,
    notify_at: datetime,
    opened_at: datetime | None,
    instant: datetime | None,
    interval: timedelta,
) -> int:
    """It speaks then at the latest, but not twice within `interval`. Its id.

    `opened_at`: when it got something to say; None: it has nothing new. Groups are taken in the order of their keys, so
    that two checks never wait for each other in a circle.
    """
    scheduled: int = _sql["schedule_group"].values(
        connection,
        key=key,
        space=space,
        channel=channel,
        destination=destination,
        notify_at=notify_at,
        opened_at=opened_at,
        instant=instant,
        interval=interval,
    )[0]
    return scheduled


def join_groups(connection: Connection, joining: Sequence[tuple[int, int]]) -> None:
    """Group and problem of each."""
    group_ids, problem_ids = [group_id for group_id, _ in joining], [problem_id for _, problem_id in joining]
    _sql["join_groups"].run(connection, group_ids=group_ids, problem_ids=problem_ids)


def escalate(connection: Connection, group_id: int, problem_id: int, episode: int) -> None:
    """It is told in that group, too, for this episode."""
    _sql["escalate"].run(connection, group_id=group_id, problem_id=problem_id, episode=episode)


def set_current_groups(connection: Connection, problem_id: int, group_ids: Collection[int]) -> None:
    """Where it is told from now on."""
    _sql["set_current_groups"].run(connection, problem_id=problem_id, group_ids=list(group_ids))


def memberships_of_problems(connection: Connection, problem_ids: Collection[int]) -> dict[int, list[Membership]]:
    """By problem."""
    found: dict[int, list[Membership]] = {}
    for row in _sql["memberships_of_problems"].all(connection, _MembershipRow, problem_ids=list(problem_ids)):
        membership = Membership(row.group_id, row.key, row.is_current, row.escalated_episode is not None, _told(row))
        found.setdefault(row.problem_id, []).append(membership)
    return found


def groups_of_signal(connection: Connection, entity_id: int, signal: str) -> list[int]:
    """Groups that know of such problems of a profile, while they fire."""
    return _sql["groups_of_signal"].values(connection, entity_id=entity_id, signal=signal)


def wake_group(connection: Connection, group_id: int, at: datetime, interval: timedelta) -> None:
    """It looks then at the latest at what it may say."""
    _sql["wake_group"].run(connection, id=group_id, at=at, interval=interval)


def group_to_leave(connection: Connection, group_id: int) -> DueGroup | None:
    """It speaks now, whatever it waits for; another server that has it at hand is waited for."""
    return _sql["group_to_leave"].one(connection, DueGroup, id=group_id)


def seconds_until_group(connection: Connection) -> float | None:
    """None: no group has anything to say."""
    seconds: float | None = _sql["seconds_until_group"].values(connection)[0]
    return seconds


def is_anything_due(connection: Connection, space: str, instant: datetime) -> bool:
    """Whether a check of an active profile of that space, due at that instant, has not been recorded yet."""
    due: bool = _sql["is_anything_due"].values(connection, space=space, instant=instant)[0]
    return due


def firing_in_space(connection: Connection, space: str, subjects: Collection[str]) -> dict[str, list[str]]:
    """The uids of the active profiles in which each subject fires."""
    found: dict[str, list[str]] = {}
    for row in _sql["firing_in_space"].all(connection, _FiringRow, space=space, subjects=list(subjects)):
        found.setdefault(row.subject, []).append(row.uid)
    return found


def profiles_having(connection: Connection, space: str, subjects: Collection[str]) -> dict[str, int]:
    """How many active profiles of a space have each feature or metric."""
    rows = _sql["profiles_having"].all(connection, _HavingRow, space=space, subjects=list(subjects))
    return {row.subject: row.profiles for row in rows}


def alerts_of_problems(connection: Connection, ids: Collection[int]) -> dict[int, StoredAlertOfProblem]:
    rows = _sql["alerts_of_problems"].all(connection, StoredAlertOfProblem, ids=list(ids))
    return {row.id: row for row in rows}


def due_groups(connection: Connection, maximum: int) -> list[DueGroup]:
    """Those that have been due for longest; another server has them as soon as this transaction is over."""
    return _sql["due_groups"].all(connection, DueGroup, maximum=maximum)


def members_of_groups(connection: Connection, group_ids: Collection[int]) -> dict[int, list[Member]]:
    """By group, in the order in which they are told."""
    found: dict[int, list[Member]] = {}
    for member in _sql["members_of_groups"].all(connection, Member, group_ids=list(group_ids)):
        found.setdefault(member.group_id, []).append(member)
    return found


def undelivered_messages(connection: Connection, group_ids: Collection[int]) -> dict[int, UndeliveredMessage]:
    """By group; locked."""
    rows = _sql["undelivered_messages"].all(connection, UndeliveredMessage, group_ids=list(group_ids))
    return {row.group_id: row for row in rows}


def given_up_since(connection: Connection, group_ids: Collection[int]) -> dict[int, int]:
    """How many messages of each group nobody got, since the last one that somebody did."""
    rows = _sql["given_up_since"].all(connection, _GivenUpRow, group_ids=list(group_ids))
    return {row.group_id: row.messages for row in rows}


def remotes_of_openings(connection: Connection, group_ids: Collection[int]) -> dict[int, Remote]:
    """Of each group, what the service calls the first message of its episode, where it has taken it and has a name."""
    rows = _sql["remotes_of_openings"].all(connection, _RemoteRow, group_ids=list(group_ids))
    return {row.group_id: _decode_remote(row.remote) for row in rows}


def replace_messages(connection: Connection, messages: Collection[UndeliveredMessage]) -> None:
    """They are not sent any more, and what they told counts as not told."""
    _sql["replace_messages"].run(connection, ids=[message.id for message in messages])
    for message in messages:
        take_back(connection, message.group_id, message.undo)


def take_back(connection: Connection, group_id: int, undo: str | None) -> None:
    """What had been told before holds again. `undo` is that of a message."""
    set_told(connection, [(group_id, before.problem_id, before.told) for before in _decode_undo(undo or "[]")])


def set_told(connection: Connection, told: Sequence[tuple[int, int, Told | None]]) -> None:
    """By group and problem; None: nothing has been told of it."""
    _sql["set_told"].run(
        connection,
        group_ids=[group_id for group_id, _, _ in told],
        problem_ids=[problem_id for _, problem_id, _ in told],
        states=[each and each.state.value for _, _, each in told],
        episodes=[each and each.episode for _, _, each in told],
        ats=[each and each.at for _, _, each in told],
        first_ats=[each and each.first_at for _, _, each in told],
        effects=[each and each.strength.effect for _, _, each in told],
        zone_4s=[each and each.strength.zone_4 for _, _, each in told],
    )


def add_messages(connection: Connection, messages: Sequence[NewMessage], now: datetime) -> None:
    """Into the outbox, with what that means for the groups, and for the history of the problems."""
    rows = _sql["add_messages"].all(
        connection,
        _AddedRow,
        group_ids=[each.group.id for each in messages],
        sequences=[each.spoken.sequence for each in messages],
        kinds=[each.kind for each in messages],
        undos=[_undo(each) for each in messages],
        alert_ids=[f"{{{','.join(map(str, each.alert_ids))}}}" for each in messages],
        channels=[each.group.channel for each in messages],
        destinations=[each.group.destination for each in messages],
        payloads=[each.payload for each in messages],
        now=now,
    )
    ids = {row.group_id: row.id for row in rows}
    _add_told_events(connection, messages, ids, now)
    _groups_have_spoken(connection, messages, now)


def groups_wait(connection: Connection, looks: Sequence[NextLook]) -> None:
    _sql["groups_wait"].run(
        connection,
        ids=[look.group_id for look in looks],
        notify_ats=[look.at for look in looks],
        has_news=[look.has_news for look in looks],
    )


def message_page(
    connection: Connection, spaces: Iterable[str] | None, *, state: str | None, below_id: int | None, maximum: int
) -> list[ListedMessage]:
    """Newest first."""
    return _sql["message_page"].all(
        connection,
        ListedMessage,
        spaces=None if spaces is None else list(spaces),
        state=state,
        below_id=below_id,
        maximum=maximum,
    )


def _told(row: Member | _MembershipRow) -> Told | None:
    if row.told_state is None or row.told_episode is None or row.told_at is None or row.first_at is None:
        return None
    strength = Strength(row.told_effect, bool(row.told_zone_4))
    return Told(State(row.told_state), row.told_episode, row.told_at, row.first_at, strength)


def _undo(message: NewMessage) -> str:
    before = [ToldBefore(member.id, member.told) for member, _ in message.tellings]
    return msgspec.json.encode(before).decode()


def _add_told_events(
    connection: Connection, messages: Sequence[NewMessage], ids: Mapping[int, int], now: datetime
) -> None:
    told = [(member, kind, ids[each.group.id]) for each in messages for member, kind in each.tellings]
    _sql["add_told_events"].run(
        connection,
        problem_ids=[member.id for member, _, _ in told],
        episodes=[member.episode for member, _, _ in told],
        kinds=[f"told {kind}" for _, kind, _ in told],
        message_ids=[message_id for _, _, message_id in told],
        now=now,
    )


def _groups_have_spoken(connection: Connection, messages: Sequence[NewMessage], now: datetime) -> None:
    _sql["groups_have_spoken"].run(
        connection,
        ids=[each.group.id for each in messages],
        episodes=[each.spoken.episode for each in messages],
        sinces=[each.spoken.since for each in messages],
        sequences=[each.spoken.sequence for each in messages],
        openings=[each.spoken.opening for each in messages],
        notify_ats=[each.notify_at for each in messages],
        now=now,
    )
