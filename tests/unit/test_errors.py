"""Errors: what each tells programs, and that nobody raises somebody else's."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest

from scouter import errors
from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, NotReady, ReplayFailed, ScouterError, SeveralInvalid, SpoolFull, StartRefused
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.pending import PendingMessage

ENTRY = UUID(int=7)
INVALID = InvalidInput("limit", -1, "a number above 0")
ONE_OF_EACH = [
    ScouterError("a sentence", action="do something"),
    INVALID,
    errors.UnknownProfile("records.uid", "x", "the uid of a registered profile"),
    errors.Unsupported("records", "x", "another kind"),
    errors.NotAChoice("drift_type", "x", "Spc"),
    errors.NotSupported("no such thing here"),
    errors.UnsupportedEncoding("br", ("gzip", "zstd")),
    SeveralInvalid([INVALID, InvalidInput("name", "", "a name")]),
    ReplayFailed(ENTRY, INVALID),
    errors.NotQuarantined(ENTRY),
    errors.TooManyAttempts("too many", retry_after_seconds=3),
    errors.Unavailable("not now", retry_after_seconds=9),
    errors.DatabaseAway(),
    SpoolFull(),
    errors.DiskFull(),
    errors.StoreAway("s3://bucket", "it is away"),
    NotReady("not ready", {"spool": "full"}),
    StartRefused(["one", "two"]),
]


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda error: type(error).__name__)
def test_a_fresh_copy_says_the_same_and_has_no_traceback(error: ScouterError) -> None:
    with pytest.raises(ScouterError) as raised:
        raise error
    copy = raised.value.fresh_copy()
    assert copy is not error
    assert type(copy) is type(error)
    assert (str(copy), copy.args, vars(copy), copy.details) == (str(error), error.args, vars(error), error.details)
    assert copy.__traceback__ is None


def test_senders_who_wait_for_one_batch_raise_errors_of_their_own() -> None:
    shared = SpoolFull()
    waiting = [pending() for _ in range(50)]
    for message in waiting:
        message.finish(Outcome.refused(shared))
    with ThreadPoolExecutor(10) as threads:
        raised = list(threads.map(error_of, waiting))
    assert len({id(error) for error in raised}) == 50
    assert {len(traceback.extract_tb(error.__traceback__)) for error in raised} == {2}
    assert shared.__traceback__ is None


def test_details_are_what_programs_are_told() -> None:
    assert ScouterError("x").details == {}
    assert INVALID.details == {"field": "limit", "value": "-1", "accepted": "a number above 0"}
    assert NotReady("x", {"spool": "full"}).details == {"parts": {"spool": "full"}}
    assert ReplayFailed(ENTRY, INVALID).details == {"quarantine_id": ENTRY}


def test_a_copy_knows_where_its_message_is_kept() -> None:
    refused = InvalidInput("limit", -1, "a number above 0")
    refused.quarantine_id = ENTRY
    assert refused.fresh_copy().details["quarantine_id"] == ENTRY


def pending() -> PendingMessage:
    caller = Caller("eve", frozenset(), frozenset())
    return PendingMessage(InboundMessage("http", b"{}", caller, datetime(2025, 1, 1, tzinfo=UTC), None), None)


def error_of(message: PendingMessage) -> ScouterError:
    with pytest.raises(ScouterError) as raised:
        message.wait()
    return raised.value
