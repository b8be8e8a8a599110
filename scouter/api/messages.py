"""Records in. The answer comes after the commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import UNSET

from scouter.api.routing import Call, Later, Route
from scouter.errors import InvalidInput
from scouter.events.inlet import Inlet
from scouter.events.rows import MessageRows, RowMaker
from scouter.events.submission import Submission
from scouter.metrics import RECORDS_SKIPPED
from scouter.wire.messages import Message, MessageReply


class Messages:
    def __init__(self, rows: RowMaker, inlet: Inlet, now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._inlet = inlet
        self._now = now

    def routes(self) -> list[Route]:
        return [
            Route(
                "POST",
                path,
                self.store,
                "Store records of either wire. Answered once they are committed; all of a message or nothing of it.",
                MessageReply,
                permission="write on the space of every record",
                body=Message,
            )
            for path in ("/scouter/message", "/scouter/drift")
        ]

    def store(self, call: Call) -> MessageReply | Later:
        message: Message = call.body
        if message.records is UNSET:
            raise _not_records(message)
        made = self._rows.rows_of(message.records, call.caller, self._now())
        for reason, count in made.skipped.items():
            RECORDS_SKIPPED.labels(reason).inc(count)
        if not made.rows:
            return _reply(made)
        submission = self._inlet.submit(made.rows)
        return Later(lambda: _stored(submission, made))


def _stored(submission: Submission, made: MessageRows) -> MessageReply:
    submission.wait()
    return _reply(made)


def _not_records(message: Message) -> InvalidInput:
    if message.request is not UNSET:
        return InvalidInput("request", "spans of a tracer", "records; traces are not kept by this server")
    return InvalidInput("records", None, 'a list of records, {"records": [...]}')


def _reply(made: MessageRows) -> MessageReply:
    stored, skipped = made.count, sum(made.skipped.values())
    text = f"stored {stored} records" + (f", skipped {skipped}" if skipped else "")
    return MessageReply("success", text, stored, {reason.value: count for reason, count in made.skipped.items()})
