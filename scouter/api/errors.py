"""The one place where errors become HTTP. Every error body is `{"error", "code"}` with optional keys beside them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import falcon
import msgspec
import psycopg

from scouter import errors
from scouter.postgres.connections.contention import contention
from scouter.postgres.connections.errors import first_line

log = logging.getLogger(__name__)

_STATUS: dict[type[errors.ScouterError], tuple[int, str]] = {
    errors.Unsupported: (400, "NOT_SUPPORTED"),
    errors.DifferentSpaces: (422, "DIFFERENT_SPACES"),
    errors.DryRunTooLarge: (422, "DRY_RUN_TOO_LARGE"),
    errors.InvalidInput: (400, "BAD_REQUEST"),
    errors.Undecodable: (400, "BAD_REQUEST"),
    errors.NotSupported: (501, "NOT_SUPPORTED"),
    errors.NotAuthenticated: (401, "UNAUTHORIZED"),
    errors.PermissionDenied: (403, "PERMISSION_DENIED"),
    errors.NotFound: (404, "NOT_FOUND"),
    errors.RefusedByDatabase: (422, "REFUSED_BY_DATABASE"),
    errors.KeyReused: (422, "IDEMPOTENCY_KEY_REUSED"),
    errors.ReplayFailed: (422, "REPLAY_FAILED"),
    errors.LastAdmin: (403, "CONFLICT"),
    errors.Conflict: (409, "CONFLICT"),
    errors.TooLarge: (413, "TOO_LARGE"),
    errors.BrokenRequest: (400, "BAD_REQUEST"),
    errors.HeadTooLarge: (431, "HEAD_TOO_LARGE"),
    errors.EncodingNotSupported: (501, "NOT_SUPPORTED"),
    errors.UnsupportedEncoding: (415, "UNSUPPORTED_ENCODING"),
    errors.TooManyAttempts: (429, "TOO_MANY_ATTEMPTS"),
    errors.DiskFull: (503, "DISK_FULL"),
    errors.SpoolFull: (503, "SPOOL_FULL"),
    errors.StoreAway: (503, "ARCHIVE_UNREACHABLE"),
    errors.ArchiveBusy: (503, "ARCHIVE_BUSY"),
    errors.Busy: (503, "BUSY"),
    errors.Unavailable: (503, "UNAVAILABLE"),
    errors.ScouterError: (500, "INTERNAL_ERROR"),
}


_CROWDED = "other transactions were in the way; nothing was changed, try again"


class ErrorReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every error."""

    error: str
    code: str
    field: str | None = None
    value: str | None = None
    accepted: str | None = None
    suggested_action: str | None = None
    retry: bool | None = None
    parts: dict[str, Any] | None = None  # of the server, in the answer of a probe
    estimate: dict[str, Any] | None = None  # of a dry run that is too large
    quarantine_id: UUID | None = None  # where the message is kept that was refused


def install(app: falcon.App[falcon.Request, falcon.Response], is_disk_full: Callable[[], bool] = lambda: False) -> None:
    """`is_disk_full` is asked for the reason when the database does not answer."""

    def database_away(request: falcon.Request, response: falcon.Response, error: Exception, _: object) -> None:
        if contention(error) is not None:
            log.warning("%s %s: others were in the way too often: %s", request.method, request.path, first_line(error))
            _ours(request, response, errors.Unavailable(_CROWDED, retry_after_seconds=1), None)
            return
        if isinstance(error, errors.DatabaseAway) and not is_disk_full():
            _ours(request, response, error, None)
            return
        log.warning("%s %s: the database did not answer: %s", request.method, request.path, type(error).__name__)
        away = errors.DiskFull() if is_disk_full() else errors.Unavailable(_words(error))
        _ours(request, response, away, None)

    app.add_error_handler(Exception, _unforeseen)
    app.add_error_handler(falcon.HTTPError, _of_falcon)
    app.add_error_handler(psycopg.OperationalError, database_away)
    app.add_error_handler(psycopg.errors.ReadOnlySqlTransaction, database_away)
    app.add_error_handler(psycopg.errors.DiskFull, _disk_full)
    app.add_error_handler(errors.ScouterError, _ours)
    app.add_error_handler(errors.DatabaseAway, database_away)


def status_of(error: errors.ScouterError) -> tuple[int, str]:
    """HTTP status and code of an error of ours."""
    return status_of_kind(type(error))


def status_of_kind(kind: type[errors.ScouterError]) -> tuple[int, str]:
    return next(_STATUS[one] for one in kind.__mro__ if one in _STATUS)


def reply_of(error: errors.ScouterError) -> ErrorReply:
    """The body that an error of ours is answered with."""
    retry = None if error.retry_after_seconds is None else True
    return ErrorReply(error.message, status_of(error)[1], suggested_action=error.action, retry=retry, **error.details)


def _ours(_: falcon.Request, response: falcon.Response, error: errors.ScouterError, __: object) -> None:
    wait = error.retry_after_seconds
    if wait is not None:
        response.set_header("Retry-After", str(wait))
    if isinstance(error, errors.UnsupportedEncoding):
        response.set_header("Accept-Encoding", ", ".join(error.accepted))
    if isinstance(error, errors.NotAChoice):
        response.context.shown = error.value
    _answer(response, status_of(error)[0], reply_of(error))


def _words(error: Exception) -> str:
    is_read_only = isinstance(error, psycopg.errors.ReadOnlySqlTransaction)
    return "the database takes no changes now" if is_read_only else "the database does not answer"


def _disk_full(request: falcon.Request, response: falcon.Response, error: Exception, _: object) -> None:
    log.error("%s %s: the disk of the database is full: %s", request.method, request.path, error)
    _ours(request, response, errors.DiskFull(), None)


def _of_falcon(_: falcon.Request, response: falcon.Response, error: falcon.HTTPError, __: object) -> None:
    status = falcon.http_status_to_code(error.status)
    codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
    for name, value in dict(error.headers or {}).items():
        response.set_header(name, value)
    message = error.description or error.title or error.status
    _answer(response, status, ErrorReply(str(message), codes.get(status, "BAD_REQUEST")))


def _unforeseen(request: falcon.Request, response: falcon.Response, error: Exception, _: object) -> None:
    log.exception("%s %s failed in an unforeseen way", request.method, request.path, exc_info=error)
    _answer(response, 500, ErrorReply("the server failed; its log says why", "INTERNAL_ERROR", retry=True))


def _answer(response: falcon.Response, status: int, reply: ErrorReply) -> None:
    response.context.refused = reply  # for the log and the metrics, which come last
    response.status = falcon.code_to_http_status(status)
    response.content_type = falcon.MEDIA_JSON
    response.data = msgspec.json.encode(reply)
