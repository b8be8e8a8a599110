"""Silences: who may make which, and what each would hold back. All of it by the database's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from scouter.auth.permissions import Caller
from scouter.errors import Conflict, NotFound
from scouter.policy.silences import (
    Matcher,
    Silence,
    SilenceSubject,
    exact_space,
    matches_all,
    read_matchers,
    require_comment,
    require_valid_span,
    write_matchers,
)
from scouter.postgres.connections.backend_sessions import database_time
from scouter.postgres.statements import Connection
from scouter.postgres.tables.silences import (
    StoredSilence,
    add_silence,
    change_silence,
    expire_silence,
    matched_problems,
    matched_profiles,
    silence_of,
    silences,
    wake_groups,
)
from scouter.profiles import lookup
from scouter.wire.silences import (
    ChangeSilenceRequest,
    MatchedProfile,
    MatcherItem,
    SilenceItem,
    SilencePreview,
    SilenceRequest,
    SilencesPage,
    SilenceState,
)

_MOST = 500


@dataclass(frozen=True, slots=True)
class Matched:
    """Profiles that have what the matchers say of profiles, and the problems that fire and match, with their ids."""

    profiles: Sequence[SilenceSubject]
    problems: Sequence[tuple[int, SilenceSubject]]


def listed_silences(connection: Connection, caller: Caller, *, expired: bool, limit: int) -> SilencesPage:
    """Those of spaces that the caller may read, and those that may hold in every space."""
    found = silences(connection, expired=expired, maximum=limit)
    return SilencesPage([_item(each) for each in found if _may_see(caller, each)])


def make_silence(connection: Connection, caller: Caller, wanted: SilenceRequest) -> SilenceItem:
    """Raises `InvalidInput` and `PermissionDenied`."""
    matchers = _matchers(wanted.matchers)
    _require(caller, matchers)
    now = database_time(connection)
    starts_at = wanted.starts_at or now
    require_valid_span(starts_at, wanted.ends_at, now)
    comment = require_comment(wanted.comment)
    made = Silence(uuid4(), matchers, starts_at, wanted.ends_at, comment, caller.username)
    add_silence(connection, made)
    return _read_again(connection, made.id)


def change(connection: Connection, caller: Caller, silence_id: UUID, wanted: ChangeSilenceRequest) -> SilenceItem:
    """Raises `NotFound`, `PermissionDenied`, `InvalidInput`, and `Conflict` when it is over."""
    stored = _found(connection, caller, silence_id)
    if stored.ends_at <= stored.now:
        raise Conflict("the silence is over", action="make a new one")
    require_valid_span(stored.starts_at, wanted.ends_at, stored.now)
    comment = stored.comment if wanted.comment is None else require_comment(wanted.comment)
    changed = replace(stored.silence, ends_at=wanted.ends_at, comment=comment)
    change_silence(connection, changed, by=caller.username)
    wake_groups(connection, exact_space(changed.matchers))
    return _read_again(connection, silence_id)


def end(connection: Connection, caller: Caller, silence_id: UUID) -> SilenceItem:
    """It ends now, and stays in the history. What it held back is looked at at once. Raises as `change`."""
    stored = _found(connection, caller, silence_id)
    if not expire_silence(connection, silence_id, by=caller.username):
        raise Conflict("the silence is over", action="nothing has to be done")
    wake_groups(connection, exact_space(stored.silence.matchers))
    return _read_again(connection, silence_id)


def preview(connection: Connection, caller: Caller, sent: list[MatcherItem]) -> SilencePreview:
    """Of what the caller may read."""
    found = matched(connection, caller, sent)
    named = [MatchedProfile(each.space, each.name, each.version, each.drift_type) for each in found.profiles[:_MOST]]
    return SilencePreview(named, [number for number, _ in found.problems[:_MOST]])


def matched(connection: Connection, caller: Caller, sent: list[MatcherItem]) -> Matched:
    """What such a silence would hold now, of what the caller may read."""
    matchers = _matchers(sent)
    space, spaces = exact_space(matchers), caller.spaces("read")
    if space is not None:
        lookup.authorise(space, "read", caller)
        spaces = frozenset({space})
    whole = [each for each in matchers if each.field in ("space", "name", "version", "drift_type")]
    profiles = [each for each in matched_profiles(connection, spaces) if matches_all(whole, each)]
    problems = [(number, each) for number, each in matched_problems(connection, spaces) if matches_all(matchers, each)]
    return Matched(profiles, problems)


def _matchers(sent: list[MatcherItem]) -> tuple[Matcher, ...]:
    return read_matchers(msgspec.to_builtins(sent))


def _require(caller: Caller, matchers: tuple[Matcher, ...]) -> None:
    """What may hold in any space is an admin's to make."""
    space = exact_space(matchers)
    if space is None:
        caller.require_admin()
    else:
        lookup.authorise(space, "write", caller)


def _found(connection: Connection, caller: Caller, silence_id: UUID) -> StoredSilence:
    stored = silence_of(connection, silence_id)
    if stored is None:
        raise NotFound(f"there is no silence {silence_id}")
    _require(caller, stored.silence.matchers)
    return stored


def _may_see(caller: Caller, stored: StoredSilence) -> bool:
    space = exact_space(stored.silence.matchers)
    return space is None or caller.may("read", space)


def _read_again(connection: Connection, silence_id: UUID) -> SilenceItem:
    stored = silence_of(connection, silence_id)
    assert stored is not None  # noqa: S101  # in the same transaction
    return _item(stored)


def _item(stored: StoredSilence) -> SilenceItem:
    silence = stored.silence
    return SilenceItem(
        id=stored.id,
        state=SilenceState(_state(silence, stored.now)),
        matchers=msgspec.convert(write_matchers(silence.matchers), list[MatcherItem]),
        starts_at=stored.starts_at,
        ends_at=stored.ends_at,
        comment=stored.comment,
        created_by=stored.created_by,
        created_at=stored.created_at,
        updated_by=stored.updated_by,
        updated_at=stored.updated_at,
    )


def _state(silence: Silence, now: datetime) -> str:
    return silence.state(now).value
