"""The validation result of a message: accepted, with its rows; rejected, with the reason; or a duplicate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from scouter import errors
from scouter.postgres.tables.entities import uuid7
from scouter.postgres.tables.records import Rows
from scouter.wire.quarantine import Reason
from scouter.wire.tags import Tag

# The first that fits.
_REASONS: tuple[tuple[type[errors.ScouterError], Reason], ...] = (
    (errors.Undecodable, Reason.UNDECODABLE),
    (errors.UnknownProfile, Reason.UNKNOWN_PROFILE),
    (errors.Unsupported, Reason.UNSUPPORTED),
    (errors.InvalidInput, Reason.INVALID),
    (errors.NotFound, Reason.UNKNOWN_PROFILE),
    (errors.PermissionDenied, Reason.PERMISSION_DENIED),
    (errors.RefusedByDatabase, Reason.REFUSED_BY_DATABASE),
    (errors.KeyReused, Reason.KEY_REUSED),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is to be stored of a message."""

    rows: Sequence[Rows] = ()
    tags: Sequence[Tag] = ()
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many records."""
        return sum(part.count for part in self.rows)

    @property
    def is_empty(self) -> bool:
        return not self.rows and not self.tags


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that cannot be stored, with the error for its sender and the id under which it is kept."""

    error: errors.ScouterError
    reason: Reason
    id: UUID = field(default_factory=uuid7)

    @property
    def detail(self) -> str:
        return self.error.message.replace("\x00", "\\0")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A message that its broker delivers again and that is stored already."""


ValidationResult = Accepted | Rejected | Duplicate


def rejected(error: errors.ScouterError) -> Rejected:
    """The result for a message that met this error. The error carries the id from now on."""
    reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), Reason.FAILED)
    result = Rejected(error, reason)
    error.quarantine_id = result.id
    return result
