"""Groups that may speak: one message of each that has something to say, in the outbox.

Many at once, so that ten thousand of them take seconds: what they need is read together, and written together, in one
transaction, which takes these groups from all other servers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from scouter.alerting.escalation import escalate_problem
from scouter.alerting.group_judgement import Judge, Judged, have_something_to_say, next_look
from scouter.alerting.group_messages import MessageParts, Telling, message_of
from scouter.metrics import MESSAGES_WRITTEN
from scouter.policy.groups import PAUSE, wait_for_others
from scouter.policy.identity import Signal
from scouter.policy.inhibition import HELD_BACK_BY
from scouter.policy.problem import State
from scouter.policy.shared_causes import SharedCause, shared_causes
from scouter.policy.telling import Told
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profiles
from scouter.postgres.tables.message_groups import (
    DueGroup,
    Member,
    NewMessage,
    NextLook,
    Spoken,
    StoredAlertOfProblem,
    UndeliveredMessage,
    add_messages,
    alerts_of_problems,
    due_groups,
    firing_in_space,
    given_up_since,
    group_to_leave,
    groups_wait,
    is_anything_due,
    members_of_groups,
    profiles_having,
    remotes_of_openings,
    replace_messages,
    set_told,
    undelivered_messages,
)
from scouter.postgres.tables.problems import HeldBack, add_held_events, signals_firing
from scouter.postgres.tables.silences import active_silences
from scouter.wire.problem_messages import Remote

MOST_AT_ONCE = 100

# What nobody got has to be told again: that is seen when the group looks after so long.
_LOOKS_AFTER = timedelta(hours=1)


def speak(connection: Connection, maximum: int = MOST_AT_ONCE) -> int:
    """Let those groups speak that have been due for longest, in the caller's transaction. How many were due."""
    groups = due_groups(connection, maximum)
    if groups:
        _Round.of(connection, groups).speak()
    return len(groups)


def say_goodbye(connection: Connection, group_ids: Iterable[int]) -> None:
    """These groups speak at once: what they know of a profile is about to be deleted."""
    found = [group_to_leave(connection, group_id) for group_id in sorted(group_ids)]
    groups = [group for group in found if group is not None]
    if groups:
        _Round.of(connection, groups).speak()


@dataclass(slots=True)
class _Round:
    """Some groups at one moment, and what is to be written of them."""

    connection: Connection
    groups: Sequence[DueGroup]
    members: dict[int, list[Member]]
    judge: Judge
    waits: list[NextLook] = field(default_factory=list)
    told: list[tuple[int, int, Told | None]] = field(default_factory=list)
    saying: dict[int, list[Judged]] = field(default_factory=dict)
    escalated: dict[int, Judged] = field(default_factory=dict)
    held: dict[int, list[HeldBack]] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, groups: Sequence[DueGroup]) -> _Round:
        members = members_of_groups(connection, [group.id for group in groups])
        spaces = {each.entity_id: each.space for own in members.values() for each in own}
        now = groups[0].now
        layers, firing = policies_of_profiles(connection, spaces), _signals_firing(connection, members.values())
        judge = Judge(layers, active_silences(connection, now), now, firing)
        return cls(connection, groups, members, judge)

    def speak(self) -> None:
        for group in self.groups:
            again = self._waits_until(group)
            if again is None:
                self._look(group, self.judge.of_all(self.members.get(group.id, [])))
            else:
                self.waits.append(NextLook(group.id, again, has_news=True))
        self._give_way()
        self._say()
        if self.told:
            set_told(self.connection, self.told)
        for each in self.escalated.values():
            escalate_problem(self.connection, each, self.judge.now)
        if held := {each for own in self.held.values() for each in own}:
            add_held_events(self.connection, held, self.judge.now)
        if self.waits:
            groups_wait(self.connection, self.waits)

    def _look(self, group: DueGroup, judged: list[Judged]) -> None:
        self.told += [
            (group.id, each.member.id, each.decision.told) for each in judged if each.decision.told != each.member.told
        ]
        self.escalated |= {each.member.id: each for each in judged if each.is_escalated}
        self.held[group.id] = [
            HeldBack(each.member.id, each.member.episode, each.decision.held)
            for each in judged
            if each.decision.held is not None
        ]
        if have_something_to_say(judged):
            self.saying[group.id] = judged
        else:
            self.waits.append(NextLook(group.id, next_look(judged)))

    def _waits_until(self, group: DueGroup) -> datetime | None:
        """None: it may speak."""
        members = self.members.get(group.id)
        if group.instant is None or not members:
            return None
        due = [group.instant] if is_anything_due(self.connection, group.space, group.instant) else []
        policy = self.judge.layers[members[0].entity_id].policy()
        return wait_for_others(group.now, group.opened_at, group.instant, due, policy)

    def _give_way(self) -> None:
        """A message that nobody has sent yet gives way: there is one at most, and it says what is so."""
        undelivered = undelivered_messages(self.connection, list(self.saying)) if self.saying else {}
        replaced = [each for each in undelivered.values() if not each.is_claimed]
        for each in undelivered.values():
            self._not_now(each)
        if not replaced:
            return
        replace_messages(self.connection, replaced)
        anew = members_of_groups(self.connection, [each.group_id for each in replaced])
        unknown = {
            member.entity_id: member.space
            for own in anew.values()
            for member in own
            if member.entity_id not in self.judge.layers
        }
        layers = {**self.judge.layers, **(policies_of_profiles(self.connection, unknown) if unknown else {})}
        firing = _signals_firing(self.connection, anew.values())
        judge = replace(self.judge, layers=layers, firing=firing)
        for group in self.groups:
            if group.id in {each.group_id for each in replaced}:
                self._look(group, judge.of_all(anew.get(group.id, [])))

    def _not_now(self, undelivered: UndeliveredMessage) -> None:
        """What was decided for its group does not hold: somebody sends its message, or it is decided anew."""
        group_id = undelivered.group_id
        for each in self.saying.pop(group_id):
            self.escalated.pop(each.member.id, None)
        self.held.pop(group_id, None)
        self.told = [each for each in self.told if each[0] != group_id]
        if undelivered.is_claimed:
            self.waits.append(NextLook(group_id, self.judge.now + PAUSE, has_news=True))

    def _say(self) -> None:
        if not self.saying:
            return
        tellings = {
            group_id: [
                Telling(each.member, each.decision.kind, each.acknowledged)
                for each in judged
                if each.decision.kind is not None
            ]
            for group_id, judged in self.saying.items()
        }
        context = _Context.of(self.connection, self.groups, tellings)
        saying = [group for group in self.groups if group.id in self.saying]
        new = [_message(group, self.saying[group.id], tellings[group.id], context) for group in saying]
        add_messages(self.connection, new, self.judge.now)
        for each in new:
            MESSAGES_WRITTEN.labels(each.group.channel, each.kind).inc()


def _signals_firing(connection: Connection, members: Iterable[Sequence[Member]]) -> dict[int, set[Signal]]:
    """By entity; asked only where one of them could be held back."""
    entity_ids = {each.entity_id for own in members for each in own if each.key.signal in HELD_BACK_BY}
    return signals_firing(connection, entity_ids) if entity_ids else {}


@dataclass(frozen=True, slots=True)
class _Context:
    """What messages say beside their problems: causes by space, alerts by id; by group, messages that nobody got and
    what the channel calls the first message of the episode that it is in.
    """

    causes: Mapping[str, Mapping[str, SharedCause]]
    alerts: Mapping[int, StoredAlertOfProblem]
    given_up: Mapping[int, int]
    remotes: Mapping[int, Remote]

    @classmethod
    def of(
        cls, connection: Connection, groups: Sequence[DueGroup], tellings: Mapping[int, Sequence[Telling]]
    ) -> _Context:
        subjects: dict[str, set[str]] = {}
        for group in groups:
            for each in tellings.get(group.id, ()):
                if each.member.key.signal.is_drift:
                    subjects.setdefault(group.space, set()).add(each.member.subject)
        ids = {each for own in tellings.values() for telling in own for each in telling.member.alert_ids}
        return cls(
            {space: _causes(connection, space, own) for space, own in subjects.items()},
            alerts_of_problems(connection, ids) if ids else {},
            given_up_since(connection, list(tellings)),
            remotes_of_openings(connection, list(tellings)),
        )


def _causes(connection: Connection, space: str, subjects: set[str]) -> dict[str, SharedCause]:
    return shared_causes(firing_in_space(connection, space, subjects), profiles_having(connection, space, subjects))


def _message(group: DueGroup, judged: Sequence[Judged], tellings: Sequence[Telling], context: _Context) -> NewMessage:
    spoken = _spoken(group, judged)
    firing = sum(each.is_told_firing for each in judged)
    causes, undelivered = context.causes.get(group.space, {}), context.given_up.get(group.id, 0)
    remote = None if spoken.opens else context.remotes.get(group.id)
    message = message_of(tellings, MessageParts(group, spoken, causes, context.alerts, firing, undelivered, remote))
    look, later = next_look(judged), group.now + _LOOKS_AFTER
    return NewMessage(
        group=group,
        spoken=spoken,
        kind=message.kind.value,
        payload=msgspec.json.encode(message).decode(),
        alert_ids=message.alert_ids,
        tellings=[(each.member, each.kind.value) for each in tellings],
        notify_at=later if look is None else min(look, later),
    )


def _spoken(group: DueGroup, judged: Sequence[Judged]) -> Spoken:
    """An episode of a group begins when it goes from quiet to firing."""
    sequence = group.sequence + 1
    if any(each.member.told is not None and each.member.told.state is State.firing for each in judged):
        return Spoken(group.episode, group.since, sequence, group.opening)
    begun = [each.member.since for each in judged if each.is_told_firing and each.member.since is not None]
    return Spoken(group.episode + 1, min(begun, default=group.now), sequence, sequence)
