"""Judging a message: what is to be stored of it, or why it cannot be stored."""

from __future__ import annotations

import logging

import msgspec
import psycopg
from msgspec import UNSET

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, RefusedByDatabase, ScouterError, Unavailable
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.results import Accepted, ValidationResult, rejected
from scouter.ingest.validation.row_encoder import RowEncoder
from scouter.ingest.validation.skip_reasons import Skip
from scouter.ingest.validation.tag_permissions import require_taggable
from scouter.ingest.validation.unsupported_kinds import unsupported_records, unsupported_spans
from scouter.postgres.connections.contention import retried
from scouter.postgres.connections.errors import first_line, refuses_content
from scouter.postgres.tables.entities import Entities
from scouter.wire.decoding import convert, decode_json
from scouter.wire.messages import Message
from scouter.wire.tags import Tag, accepted_by_tags

log = logging.getLogger(__name__)

_LOOK_UP_SECONDS = 1.0  # a sender waits


class Validator:
    """The same for every transport, and for messages that are looked at again."""

    def __init__(self, rows: RowEncoder, entities: Entities) -> None:
        self._rows = rows
        self._entities = entities
        self._decoder = msgspec.json.Decoder(Message)

    def validate(self, inbound: InboundMessage) -> Accepted:
        """Raises a `ScouterError` that says what is wrong with the message, or `Unavailable`: ask again later."""
        message = decode_json(self._decoder, inbound.raw)
        try:
            return retried(lambda: self._look_up(message, inbound), seconds=_LOOK_UP_SECONDS)
        except psycopg.Error as problem:
            if refuses_content(problem):  # a name that Postgres does not take
                said = f"the database refused this message: {first_line(problem)}"
                raise RefusedByDatabase(said) from None
            raise

    def result_of(self, inbound: InboundMessage) -> ValidationResult:
        """For a message whose sender waits no longer: whatever is wrong with it is its result.

        Raises `Unavailable`, and psycopg's errors: ask again later.
        """
        try:
            return self.validate(inbound)
        except ScouterError as problem:
            if not is_rejection(problem):
                raise
            return rejected(problem)
        except psycopg.Error:
            raise
        except Exception as bug:  # the message is kept, the messages behind it go on
            log.exception("validating a message failed in an unforeseen way")
            return rejected(ScouterError(f"the server failed on this message: {type(bug).__name__}"))

    def _look_up(self, message: Message, inbound: InboundMessage) -> Accepted:
        if message.records is UNSET:
            return self._tag(message, inbound.caller)
        rows = self._rows.encode(message.records, inbound.caller, inbound.received_at)
        if rows.is_empty and Skip.UNKNOWN_KIND in rows.skipped:
            raise unsupported_records(inbound.raw)
        return rows

    def _tag(self, message: Message, caller: Caller) -> Accepted:
        members = {name: getattr(message, name) for name in Tag.__struct_fields__}
        sent = {name: value for name, value in members.items() if value is not UNSET}
        if not sent:
            raise _not_records(message)
        tag = convert(sent, Tag, accepted=accepted_by_tags)
        require_taggable([tag], caller, self._entities)
        return Accepted(tags=[tag])


def is_rejection(error: ScouterError) -> bool:
    """Whether it says something about the message, and not about this moment."""
    return not isinstance(error, Unavailable)


def _not_records(message: Message) -> InvalidInput:
    if message.request is not UNSET:
        return unsupported_spans()
    return InvalidInput("records", None, 'a list of records, {"records": [...]}, or a tag')
