"""What a team is told of problems: one message, as it lies in the outbox beside notifications.

A notification tells of one check, a message of what changed in a group of problems since the last message of that
group. Whoever writes a message has decided everything: what is in it, in which words, and that it is said at all.
Channels only lay it out.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct

from scouter.wire.notifications import Descriptions, Notification


class MessageKind(StrEnum):
    """What a message says, and what it says of each problem.

    `firing`: new. `reminder`: still so. `worse`: more so. `resolved`: good again. `ended`: no longer looked at.
    """

    firing = "firing"
    reminder = "reminder"
    worse = "worse"
    resolved = "resolved"
    ended = "ended"


class Problem(Struct, frozen=True):
    """What stays wrong over several checks, as it stood when the message was written.

    `signal` is what is wrong (`spc`, `psi`, `custom`, `silent`, `blind`, `failing`), `subject` the feature or metric,
    empty where it is the whole profile; `direction` is null where there is none. `episode` counts how often it began,
    `since` is when it last did, `windows_bad` how many windows were bad since then. `effect` is in the unit of its
    signal (PSI, or sigma of single values); `p_value` and `judge` are null where nothing was judged.
    """

    id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    signal: str
    subject: str
    direction: str | None
    episode: int
    since: datetime
    windows_bad: int
    effect: float | None = None
    p_value: float | None = None
    judge: str | None = None
    acknowledged_by: str | None = None

    @property
    def profile(self) -> str:
        return f"{self.space}/{self.name}/{self.version}"


class ProblemNews(Struct, frozen=True):
    """One problem and what is said of it. `reason`: why it ended, where that is not that it is good again.

    `alerts` is a JSON list of the stored alerts of its newest window, for programs, `alert_ids` their ids. `url`,
    where people can look at it, is known to whoever sends it.
    """

    problem: Problem
    state: MessageKind
    reason: str | None = None
    alert_ids: tuple[int, ...] = ()
    alerts: Raw = Raw(b"[]")
    url: str | None = None


class SlackRemote(Struct, frozen=True, tag_field="service", tag="slack"):
    """The first message of an episode in Slack: where it is, and what stands in it below its heading."""

    channel: str
    ts: str
    heading: str
    sections: tuple[str, ...] = ()


class MailRemote(Struct, frozen=True, tag_field="service", tag="email"):
    """The first mail of an episode. Some mail programs keep a thread together only under one subject."""

    message_id: str
    subject: str


# What a service calls the first message of an episode. Kept by whoever writes messages, and given back with the next.
Remote: TypeAlias = SlackRemote | MailRemote


class ProblemMessage(Struct, frozen=True, tag_field="message", tag="problem"):
    """One message about a group of problems, to one destination.

    `group` is the key of the group: never another group's, and free of secrets, for receivers see it. `episode` counts
    how often the group went from quiet to firing, `sequence` its messages, over all episodes; `opening` is the sequence
    of the first message of this episode. `since`: when the episode began.

    `kind` is the weightiest that is said of a problem in it, in the order of `MessageKind`. `firing` is the number of
    problems of the group that fire once this is told; with none left the episode is over, and channels close it.

    `heading` is the line that a phone shows and names what it is about; `descriptions` say the rest in the layout of
    each channel, unescaped. `late`: seen only in records that came after their window had been checked.

    `remote` is what the destination's channel returned for the first message of this episode; without it the message
    stands alone where it cannot be told to which it belongs. `url` is known to whoever sends it.
    """

    group: str
    episode: int
    sequence: int
    opening: int
    kind: MessageKind
    heading: str
    descriptions: Descriptions
    problems: tuple[ProblemNews, ...]
    firing: int
    since: datetime
    created_at: datetime
    late: bool = False
    remote: Remote | None = None
    url: str | None = None

    @property
    def key(self) -> str:
        """The same at every try, and no other message's."""
        return f"{self.group}:{self.episode}:{self.sequence}"

    @property
    def episode_key(self) -> str:
        """The same for every message of the episode: services count those as one incident."""
        return f"{self.group}:{self.episode}"

    @property
    def opening_key(self) -> str:
        """The key of the episode's first message."""
        return f"{self.group}:{self.episode}:{self.opening}"

    @property
    def opens(self) -> bool:
        """The first message of its episode."""
        return self.sequence == self.opening

    @property
    def is_over(self) -> bool:
        """With this message the episode is."""
        return self.firing == 0 and self.kind in (MessageKind.resolved, MessageKind.ended)

    @property
    def alert_ids(self) -> tuple[int, ...]:
        """Of all its problems, each once."""
        return tuple(dict.fromkeys(alert_id for news in self.problems for alert_id in news.alert_ids))

    @property
    def profiles(self) -> tuple[str, ...]:
        """Each once, in the order in which they are told of."""
        return tuple(dict.fromkeys(news.problem.profile for news in self.problems))


class _Kind(Struct, frozen=True):
    message: Literal["problem"] | None = None


def decode_message(payload: str) -> Notification | ProblemMessage:
    """What lies in the outbox: a notification has no key `message`. Raises `msgspec.MsgspecError`."""
    if msgspec.json.decode(payload, type=_Kind).message is None:
        return msgspec.json.decode(payload, type=Notification)
    return msgspec.json.decode(payload, type=ProblemMessage)
