"""Which profile a request names, and whether the caller may have it: answered together, here and nowhere else.

A named space is authorised before anything is looked up, so that nobody learns by asking what is in a space of others.
What a uid belongs to is authorised once that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeAlias

from scouter.auth.permissions import Caller, Verb
from scouter.errors import InvalidInput, NotFound
from scouter.postgres.statements import Connection
from scouter.postgres.tables.entities import SERVICE, Entity, EntityKey, EntityName, entity_by_key
from scouter.wire.profiles import DriftType

LookUp: TypeAlias = Callable[[EntityKey], Entity | None]


class Naming(Protocol):
    """A query or a body that may name a profile."""

    @property
    def uid(self) -> str | None: ...
    @property
    def space(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def version(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class ProfileRef:
    """A profile as a request names it: by its uid or, without one, by all of its names.

    `only`: the one drift type that is asked about. It need not be named, and no profile of another type is found.
    """

    uid: str | None = None
    space: str | None = None
    name: str | None = None
    version: str | None = None
    drift_type: str | None = None
    only: str | None = None

    @classmethod
    def of(cls, sent: Naming, *, drift_type: DriftType | None = None, only: str | None = None) -> ProfileRef:
        return cls(sent.uid, sent.space, sent.name, sent.version, drift_type and drift_type.value, only)

    @property
    def key(self) -> EntityKey:
        """What to look up. Raises `InvalidInput` when there is no uid and a name is missing."""
        if self.uid is not None:
            return self.uid
        drift_type = self.only or self.drift_type
        if self.space is None or self.name is None or self.version is None or drift_type is None:
            names = "space, name and version" if self.only else "space, name, version and drift_type"
            raise InvalidInput("uid", None, f"a profile's uid, or {names} together")
        return EntityName(self.space, self.name, self.version, drift_type)

    def unknown(self) -> NotFound:
        """What to say when nothing goes by that name."""
        kind = self.only or (self.drift_type if self.uid is None else None)
        named = f"{self.space}/{self.name} {self.version}" if self.uid is None else self.uid[:200]
        return NotFound(f"there is no {kind} profile {named!r}" if kind else f"there is no profile {named!r}")


def find(ref: ProfileRef, verb: Verb, caller: Caller, look_up: LookUp) -> Entity:
    """The profile that is named, to which the caller may do that.

    `look_up` is `Entities.find` for what may be a few seconds old, else `in_transaction`. Both know that Postgres has
    no text with a NUL, so that nothing goes by such a name.

    Raises `PermissionDenied`, `InvalidInput` when too little is named, and `NotFound`.
    """
    entity = find_if_any(ref, verb, caller, look_up)
    if entity is None:
        raise ref.unknown()
    return entity


def find_if_any(ref: ProfileRef, verb: Verb, caller: Caller, look_up: LookUp) -> Entity | None:
    """As `find`; None when there is no such profile."""
    authorise(ref.space, verb, caller)
    entity = look_up(ref.key)
    if entity is None or ref.only not in (None, entity.drift_type):
        return None
    caller.require(verb, entity.space)
    return entity


def find_of_any_version(
    ref: ProfileRef, verb: Verb, caller: Caller, look_up: LookUp, newest: Callable[[str, str, str], str | None]
) -> Entity:
    """As `find`; where that version is not registered, or none is named, the one that `newest` names.

    `newest` is asked by space, name and drift type.
    """
    authorise(ref.space, verb, caller)
    if ref.uid is not None or ref.space is None or ref.name is None or ref.drift_type is None:
        return find(ref, verb, caller, look_up)
    if ref.version is not None and (entity := find_if_any(ref, verb, caller, look_up)) is not None:
        return entity
    version = newest(ref.space, ref.name, ref.drift_type)
    return find(replace(ref, version=version or ref.version), verb, caller, look_up)


def find_service(ref: ProfileRef, verb: Verb, caller: Caller, look_up: LookUp) -> Entity | None:
    """The model service that is named, or whose profile is named by its uid. None while nothing is known of it."""
    if ref.uid is None:
        return find_if_any(ProfileRef(None, ref.space, ref.name, ref.version, only=SERVICE), verb, caller, look_up)
    profile = find(ref, verb, caller, look_up)
    return look_up(EntityName(profile.space, profile.name, profile.version, SERVICE))


def authorise(space: str | None, verb: Verb, caller: Caller) -> None:
    """For requests that name a space or a whole version. Raises `PermissionDenied`; nothing without a space."""
    if space is not None:
        caller.require(verb, space)


def spaces(space: str | None, verb: Verb, caller: Caller) -> Collection[str] | None:
    """Where a listing looks: in the space that is named, or in all where the caller may do that. None: in every one."""
    authorise(space, verb, caller)
    return caller.spaces(verb) if space is None else [space]


def in_transaction(connection: Connection) -> LookUp:
    """Look-ups that see what the transaction sees, whatever was known before."""
    return partial(entity_by_key, connection)
