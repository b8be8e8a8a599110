"""Problems as people and programs see them, and the messages that told of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from scouter.wire.messages import Timestamp
from scouter.wire.names import END, Name, Uid
from scouter.wire.notifications import ChannelName

MAX_PROBLEMS = 500
_CURSOR = Meta(ge=1, le=2**63 - 1)

Comment = Annotated[str, Meta(max_length=2000, pattern=rf"^[^\x00]*{END}")]


class ProblemState(StrEnum):
    """`pending`: a bad window, but not as many yet as it takes. `ok`: it is over."""

    ok = "ok"
    pending = "pending"
    firing = "firing"


class ProblemSignal(StrEnum):
    """What is wrong: drift of a type of profile, no records, records that cannot be checked, a check that failed."""

    spc = "spc"
    psi = "psi"
    custom = "custom"
    silent = "silent"
    blind = "blind"
    failing = "failing"

    @property
    def is_drift(self) -> bool:
        return self in (ProblemSignal.spc, ProblemSignal.psi, ProblemSignal.custom)


class ProblemsQuery(Struct, frozen=True):
    """Which problems; `cursor` is the `next_cursor` of the page before."""

    uid: Uid | None = None
    space: Name | None = None
    state: ProblemState | None = None
    signal: ProblemSignal | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_PROBLEMS)] = 50
    cursor: Annotated[int, _CURSOR] | None = None


class ProblemItem(Struct, frozen=True):
    """What stays wrong over several checks of one profile, in one direction.

    `subject` is a feature or a metric, empty where the whole profile is meant. `episode` counts how often it began,
    `since` is the end of the first bad window of this time. `effect`: PSI, sigma of single values, or the distance of a
    metric from its baseline, in the newest bad window; `alert_ids` are the alerts of that. `acknowledged_by`: somebody
    has taken it, and it is not told again until it ends, or until then.
    """

    id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    signal: ProblemSignal
    subject: str
    direction: Literal["above", "below"] | None
    state: ProblemState
    episode: int
    since: datetime | None
    fired_at: datetime | None
    resolved_at: datetime | None
    reason: str | None
    effect: float | None
    p_value: float | None
    zone_4: bool
    late: bool
    last_run_id: int | None
    alert_ids: list[int]
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledged_until: datetime | None
    comment: str | None


class ProblemsPage(Struct, frozen=True):
    """Newest first."""

    items: list[ProblemItem]
    has_next: bool
    next_cursor: int | None


class WindowVerdict(Struct, frozen=True):
    window_end: datetime
    bad: bool


class ProblemEventItem(Struct, frozen=True):
    """What happened to it: a step of its state, a message that told it, somebody who took it.

    `message_id` is that of a message of GET /scouter/alerts/messages.
    """

    at: datetime
    episode: int
    kind: str
    run_id: int | None
    message_id: int | None
    by: str | None
    detail: Raw | None


class ProblemDetail(Struct, frozen=True):
    """A problem with its last windows, the oldest first, and its history, the newest first."""

    problem: ProblemItem
    windows: list[WindowVerdict]
    events: list[ProblemEventItem]


class AcknowledgeProblemRequest(Struct, frozen=True):
    """`until` null: for as long as this episode lasts."""

    until: Timestamp | None = None
    comment: Comment = ""


class MessageState(StrEnum):
    """`replaced`: nobody had tried to send it when something else was so. `given_up`: nobody got it."""

    pending = "pending"
    delivered = "delivered"
    given_up = "given_up"
    replaced = "replaced"


class MessagesQuery(Struct, frozen=True):
    """Which messages; `cursor` is the `next_cursor` of the page before."""

    space: Name | None = None
    state: MessageState | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_PROBLEMS)] = 50
    cursor: Annotated[int, _CURSOR] | None = None


class MessageItem(Struct, frozen=True):
    """One message about problems, to one destination. `kind` is the weightiest that it says of any of them."""

    id: int
    space: str
    channel: ChannelName
    sequence: int
    kind: str
    state: MessageState
    title: str
    text: str
    created_at: datetime
    attempts: int
    delivered_at: datetime | None
    last_error: str | None
    receipt: str | None


class MessagesPage(Struct, frozen=True):
    """Newest first."""

    items: list[MessageItem]
    has_next: bool
    next_cursor: int | None


def accepted_by_problems(name: str, _: object) -> str | None:
    """What a member of these requests takes, where the type alone does not say it well."""
    states = ", ".join(ProblemState)
    return {"state": f"one of {states}", "signal": f"one of {', '.join(ProblemSignal)}"}.get(name)


def accepted_by_messages(name: str, _: object) -> str | None:
    return f"one of {', '.join(MessageState)}" if name == "state" else None
