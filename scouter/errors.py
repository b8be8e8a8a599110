"""The errors that people meet. Each says what was wrong and what to do; `scouter.api.errors` turns them into HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self
from uuid import UUID


class ScouterError(Exception):
    """An error with a sentence for the caller. Nothing in it may be secret.

    `quarantine_id` is where a message is kept that could not be stored because of it. `retry_after_seconds`: the same
    request may succeed after so long; None: it will not.
    """

    quarantine_id: UUID | None = None
    retry_after_seconds: int | None = None

    def __init__(self, message: str, *, action: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.action = action

    @property
    def details(self) -> dict[str, Any]:
        """What it tells programs beside its sentence, by name."""
        return {} if self.quarantine_id is None else {"quarantine_id": self.quarantine_id}

    def fresh_copy(self) -> Self:
        """The same error as an object of its own, which has not been raised.

        One object that many threads raise grows by each one's traceback, and the threads show each other's.
        """
        copy = type(self).__new__(type(self), *self.args)
        copy.__dict__.update(self.__dict__)
        return copy


class _Hidden:
    def __repr__(self) -> str:
        return "(hidden)"


HIDDEN = _Hidden()  # stands for a secret where errors show a value


class InvalidInput(ScouterError):
    """What the caller sent cannot be used. Names the field, the value and what is accepted."""

    def __init__(self, field: str, value: object, accepted: str) -> None:
        field, shown = _shorten(field, _LONGEST_FIELD), _shown(value)
        super().__init__(f"{field}: {shown} is not accepted; expected {accepted}")
        self.field = field
        self.value = shown
        self.accepted = accepted

    @property
    def details(self) -> dict[str, Any]:
        return {**super().details, "field": self.field, "value": self.value, "accepted": self.accepted}


class NotAChoice(InvalidInput):
    """Something else than one of a few words: it is no secret, and the log shows it."""


class UnknownProfile(InvalidInput):
    """Records of a profile that is not registered, or not any more."""


class Unsupported(InvalidInput):
    """A kind of message that this server does not store: `kind` in words."""

    def __init__(self, field: str, kind: str, accepted: str) -> None:
        super().__init__(field, kind, accepted)
        self.kind = kind


class SeveralInvalid(InvalidInput):
    """Several things in one request cannot be used. The message lists them, the attributes are the first one's."""

    def __init__(self, problems: list[InvalidInput], *, are_all: bool = True) -> None:
        """`are_all`: nobody stopped looking for more."""
        first = problems[0]
        super().__init__(first.field, first.value, first.accepted)
        more = [] if are_all else ["and more"]
        self.message = "; ".join([problem.message for problem in problems] + more)
        self.args = (self.message,)
        self.value = first.value
        self.problems = problems


class RefusedByDatabase(ScouterError):
    """A message that looked good and that Postgres does not take."""


class KeyReused(ScouterError):
    """An Idempotency-Key that came with another message before."""


class ReplayFailed(ScouterError):
    """A message in quarantine that is still bad. `why` is what is wrong with it now."""

    def __init__(self, entry_id: UUID, why: ScouterError) -> None:
        super().__init__(why.message, action="put right what it says and replay it again, or delete it")
        self.quarantine_id = entry_id


class NotSupported(ScouterError):
    """Something that the wire knows and this server does not do."""


class DifferentSpaces(InvalidInput):
    """A document that says to be of another space than the profile that it is sent for."""


class DryRunTooLarge(ScouterError):
    """A dry run of more windows or records than may be, or that takes too long. `estimate`: of what was asked for."""

    def __init__(self, message: str, estimate: Mapping[str, object]) -> None:
        super().__init__(message, action="ask for a shorter span, or for a schedule with fewer windows")
        self.estimate = estimate

    @property
    def details(self) -> dict[str, Any]:
        return {**super().details, "estimate": self.estimate}


class Undecodable(ScouterError):
    """A body that is not the JSON this route takes."""


class NotAuthenticated(ScouterError):
    """No usable credentials."""


class PermissionDenied(ScouterError):
    """A known user without the permission that the request needs."""


class NotFound(ScouterError):
    """Nothing goes by that name."""


class NotQuarantined(NotFound):
    """No message of that id is in quarantine, or not any more."""

    def __init__(self, entry_id: UUID | str) -> None:
        super().__init__(f"there is no message {entry_id} in quarantine")


class Conflict(ScouterError):
    """The request contradicts what is stored."""


class LastAdmin(Conflict):
    """Without this user nobody could administer the server any more."""


class TooLarge(ScouterError):
    """A body over the accepted size."""


class BrokenRequest(ScouterError):
    """What was sent is no HTTP request, or breaks its rules."""


class HeadTooLarge(ScouterError):
    """The first line and the headers are over the accepted size."""


class EncodingNotSupported(ScouterError):
    """A body whose transfer encoding the server does not know."""


class UnsupportedEncoding(ScouterError):
    """A body that is packed in a way that is not understood."""

    def __init__(self, named: str, accepted: Sequence[str]) -> None:
        words = ", ".join(accepted)
        super().__init__(f"Content-Encoding {_shown(named)} is not accepted; expected one of {words}, or none")
        self.named = named
        self.accepted = accepted


class TooManyAttempts(ScouterError):
    """Too many failed logins for one user from one address."""

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(ScouterError):
    """The server cannot do this now; the same request may succeed later."""

    def __init__(self, message: str, *, retry_after_seconds: int = 5, action: str | None = None) -> None:
        super().__init__(message, action=action)
        self.retry_after_seconds = retry_after_seconds


class Busy(Unavailable):
    """As many requests of this kind are under way, and wait, as may."""

    def __init__(self) -> None:
        super().__init__("as many requests of this kind are under way as may; nothing was done", retry_after_seconds=1)


class DatabaseAway(Unavailable):
    """Postgres does not answer, or not in time."""

    def __init__(self) -> None:
        super().__init__("the database does not answer")


class SpoolFull(Unavailable):
    """The database is away and there is no room left to keep messages until it is back."""

    def __init__(self) -> None:
        super().__init__(
            "the database is away and the spool is full; this message was not stored",
            retry_after_seconds=30,
            action="bring the database back, or raise SCOUTER_SPOOL_MAX_BYTES",
        )


class DiskFull(Unavailable):
    """There is no room for new records."""

    def __init__(self) -> None:
        super().__init__("the disk of the database is full; nothing was stored", retry_after_seconds=30)


class SpoolDiskFull(DiskFull):
    """The database is away and the disk of the spool, which may be another, has no room left."""

    def __init__(self) -> None:
        Unavailable.__init__(
            self,
            "the database is away and the disk of the spool is full; this message was not stored",
            retry_after_seconds=30,
            action="bring the database back, or make room where SCOUTER_SPOOL_DIR is",
        )


class SpoolBroken(Unavailable):
    """The database is away and the spool cannot be written to, for whatever other reason."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the database is away and the spool cannot be written to ({why}); nothing was stored")


class ArchiveFault(ScouterError):
    """One part of the archive could not be made now. Its records are where they were."""


class StoreAway(Unavailable):
    """Archived records cannot be read or written now. `store` names the place without secrets."""

    def __init__(self, store: str, why: str) -> None:
        super().__init__(f"the archive at {store} cannot be used now: {why}")


class ArchiveBusy(Unavailable):
    """As many requests read the archive as may, or this one takes longer than it may."""


class NotReady(Unavailable):
    """The answer of a probe: some part that is needed does not work. `parts` is what each of them says."""

    def __init__(self, message: str, parts: Mapping[str, object]) -> None:
        super().__init__(message)
        self.parts = parts

    @property
    def details(self) -> dict[str, Any]:
        return {**super().details, "parts": self.parts}


class StartRefused(ScouterError):
    """The server cannot start. `problems` holds every reason found, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


_LONGEST_VALUE = 200
_LONGEST_FIELD = 500  # a path of names, each of which may be as long as it likes


def _shown(value: object) -> str:
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        value = value[: _LONGEST_VALUE + 1]  # the rest is not looked at: it may be megabytes
    return _shorten(repr(value), _LONGEST_VALUE)


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
