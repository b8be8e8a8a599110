"""Problems as they are read, and who takes them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, cast

from msgspec import Raw

from scouter.auth.permissions import Caller
from scouter.errors import Conflict, NotFound
from scouter.policy.acknowledgement import is_acknowledged
from scouter.policy.problem import Problem, Standing, State
from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.statements import Connection
from scouter.postgres.tables.message_groups import ListedMessage, message_page
from scouter.postgres.tables.problems import (
    ListedProblem,
    ProblemEvent,
    ProblemFilter,
    acknowledge_problem,
    acknowledgement_of,
    add_problem_event,
    events_of_problem,
    problem_page,
    take_acknowledgement_back,
)
from scouter.profiles import lookup
from scouter.wire.notifications import ChannelName
from scouter.wire.problems import (
    MessageItem,
    MessagesPage,
    MessageState,
    ProblemDetail,
    ProblemEventItem,
    ProblemItem,
    ProblemSignal,
    ProblemsPage,
    ProblemState,
    WindowVerdict,
)

_MOST_EVENTS = 500


def problem_items(connection: Connection, wanted: ProblemFilter, *, cursor: int | None, limit: int) -> ProblemsPage:
    """Newest first."""
    page = Page.of(problem_page(connection, wanted, below_id=cursor, maximum=rows_to_fetch(limit)), limit)
    items = [problem_item(each) for each in page.rows]
    return ProblemsPage(items, page.has_next, page.next_cursor(lambda last: last.id))


def problem_item(listed: ListedProblem) -> ProblemItem:
    """As it stood when it was read. Authorise its space before it is shown."""
    problem = Problem(standing=Standing(State(listed.state), listed.since), episode=listed.episode)
    acknowledgement = acknowledgement_of(
        listed.acknowledged_episode, listed.acknowledged_by, listed.acknowledged_at, listed.acknowledged_until
    )
    taken = is_acknowledged(problem, acknowledgement, listed.now)
    return ProblemItem(
        id=listed.id,
        uid=listed.uid,
        space=listed.space,
        name=listed.name,
        version=listed.version,
        drift_type=listed.drift_type,
        signal=ProblemSignal(listed.signal),
        subject=listed.subject,
        direction=cast("Literal['above', 'below'] | None", listed.direction or None),
        state=ProblemState(listed.state),
        episode=listed.episode,
        since=listed.since,
        fired_at=listed.fired_at,
        resolved_at=listed.resolved_at,
        reason=listed.reason,
        effect=listed.effect,
        p_value=listed.p_value,
        zone_4=listed.zone_4,
        late=listed.late,
        last_run_id=listed.last_run_id,
        alert_ids=listed.alert_ids,
        acknowledged_by=listed.acknowledged_by if taken else None,
        acknowledged_at=listed.acknowledged_at if taken else None,
        acknowledged_until=listed.acknowledged_until if taken else None,
        comment=listed.comment if taken else None,
    )


def problem_detail(connection: Connection, caller: Caller, problem_id: int) -> ProblemDetail:
    """Raises `NotFound` and `PermissionDenied`."""
    found = _found(connection, caller, problem_id, "read")
    windows = [WindowVerdict(*each) for each in zip(found.windows, found.verdicts, strict=True)]
    events = [_event(each) for each in events_of_problem(connection, problem_id, _MOST_EVENTS)]
    return ProblemDetail(problem_item(found), windows, events)


def take_problem(
    connection: Connection, caller: Caller, problem_id: int, *, until: datetime | None, comment: str
) -> ProblemItem:
    """Raises `NotFound`, `PermissionDenied`, and `Conflict` when it does not fire."""
    _found(connection, caller, problem_id, "write")
    taken = acknowledge_problem(connection, problem_id, by=caller.username, until=until, comment=comment)
    if taken is None:
        raise _does_not_fire()
    by = caller.username
    add_problem_event(connection, problem_id, "acknowledged", at=taken.at, episode=taken.episode, by=by)
    return problem_item(_found(connection, caller, problem_id, "write"))


def give_problem_back(connection: Connection, caller: Caller, problem_id: int) -> ProblemItem:
    """Raises as `take_problem`; nothing happens when nobody has taken it."""
    _found(connection, caller, problem_id, "write")
    given_back = take_acknowledgement_back(connection, problem_id)
    if given_back is not None:
        at, episode, by = given_back.at, given_back.episode, caller.username
        add_problem_event(connection, problem_id, "taken back", at=at, episode=episode, by=by)
    return problem_item(_found(connection, caller, problem_id, "write"))


def message_items(
    connection: Connection,
    spaces: Collection[str] | None,
    *,
    state: MessageState | None,
    cursor: int | None,
    limit: int,
) -> MessagesPage:
    """Messages about problems of these spaces (None: of every one), newest first."""
    named = None if state is None else state.value
    found = message_page(connection, spaces, state=named, below_id=cursor, maximum=rows_to_fetch(limit))
    page = Page.of(found, limit)
    return MessagesPage([_message(each) for each in page.rows], page.has_next, page.next_cursor(lambda last: last.id))


def _found(connection: Connection, caller: Caller, problem_id: int, verb: Literal["read", "write"]) -> ListedProblem:
    rows = problem_page(connection, ProblemFilter(id=problem_id), below_id=None, maximum=1)
    if not rows:
        raise NotFound(f"there is no problem {problem_id}")
    lookup.authorise(rows[0].space, verb, caller)
    return rows[0]


def _does_not_fire() -> Conflict:
    return Conflict("the problem does not fire", action="look at its state: there is nothing to take")


def _event(event: ProblemEvent) -> ProblemEventItem:
    return ProblemEventItem(
        at=event.at,
        episode=event.episode,
        kind=event.kind,
        run_id=event.run_id,
        message_id=event.message_id,
        by=event.by,
        detail=None if event.detail is None else Raw(event.detail.encode()),
    )


def _message(listed: ListedMessage) -> MessageItem:
    return MessageItem(
        id=listed.id,
        space=listed.space,
        channel=ChannelName(listed.channel),
        sequence=listed.sequence,
        kind=listed.kind,
        state=MessageState(listed.state),
        title=listed.title,
        text=listed.text,
        created_at=listed.created_at,
        attempts=listed.attempts,
        delivered_at=listed.delivered_at,
        last_error=listed.last_error,
        receipt=listed.receipt,
    )
