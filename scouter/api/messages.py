"""Records in. The answer comes after the commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import UNSET

from scouter.api.routing import Call, Later, Route
from scouter.api.tags import Tags
from scouter.auth.permissions import Caller
from scouter.errors import DiskFull, InvalidInput, NotFound
from scouter.events.inlet import Inlet
from scouter.events.rows import MessageRows, RowMaker
from scouter.events.submission import Submission
from scouter.metrics import RECORDS_SKIPPED
from scouter.postgres.embedded.disk_space import DiskSpace
from scouter.wire.decoding import convert
from scouter.wire.messages import Message, MessageReply
from scouter.wire.tags import Tag, accepted_by_tags


class Messages:
    """`disk` is that of the embedded database; nothing is known of any other."""

    def __init__(
        self, rows: RowMaker, inlet: Inlet, tags: Tags, now: Callable[[], datetime], disk: DiskSpace | None = None
    ) -> None:
        self._rows = rows
        self._inlet = inlet
        self._tags = tags
        self._now = now
        self._disk = disk

    def routes(self) -> list[Route]:
        return [
            Route(
                "POST",
                path,
                self.store,
                "Store records of either wire, or a tag. Answered once committed: all of a message or nothing of it.",
                MessageReply,
                permission="write on the space of every record; for a tag, as at POST /scouter/tags",
                body=Message,
                errors=(DiskFull, NotFound),
            )
            for path in ("/scouter/message", "/scouter/drift")
        ]

    def store(self, call: Call) -> MessageReply | Later:
        message: Message = call.body
        if message.records is UNSET:
            return self._store_tag(_tag_in(message), call.caller)
        if self._disk is not None:
            self._disk.require_room()
        made = self._rows.rows_of(message.records, call.caller, self._now())
        if not made.rows:
            return _reply(made)
        submission = self._inlet.submit(made.rows)
        return Later(lambda: _stored(submission, made))

    def _store_tag(self, tag: Tag, caller: Caller) -> MessageReply:
        added = self._tags.store([tag], caller)
        return MessageReply("success", "stored 1 tag" if added else "the tag was there already", added, {})


def _tag_in(message: Message) -> Tag:
    members = {name: getattr(message, name) for name in Tag.__struct_fields__}
    sent = {name: value for name, value in members.items() if value is not UNSET}
    if not sent:
        raise _not_records(message)
    return convert(sent, Tag, accepted=accepted_by_tags)


def _stored(submission: Submission, made: MessageRows) -> MessageReply:
    submission.wait()
    return _reply(made)


def _not_records(message: Message) -> InvalidInput:
    if message.request is not UNSET:
        return InvalidInput("request", "spans of a tracer", "records; traces are not kept by this server")
    return InvalidInput("records", None, 'a list of records, {"records": [...]}, or a tag')


def _reply(made: MessageRows) -> MessageReply:
    """What became of a message. Its skipped records are counted here, once it is stored, and not with every try."""
    for reason, count in made.skipped.items():
        RECORDS_SKIPPED.labels(reason).inc(count)
    stored, skipped = made.count, sum(made.skipped.values())
    text = f"stored {stored} records" + (f", skipped {skipped}" if skipped else "")
    return MessageReply("success", text, stored, {reason.value: count for reason, count in made.skipped.items()})
