"""The messages that a client sends to Postgres, cut out of the stream (documentation: "Message Formats")."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_LENGTH = struct.Struct(">i")
_QUERY, _PARSE, _COPY_DONE = b"Q", b"P", b"c"


@dataclass(frozen=True, slots=True)
class FrontendMessage:
    """`kind` is one letter, or empty for the first message of a connection, which has none."""

    kind: bytes
    data: bytes  # all of it, as it travels

    @property
    def is_query(self) -> bool:
        return self.kind in (_QUERY, _PARSE)

    @property
    def ends_copy(self) -> bool:
        return self.kind == _COPY_DONE

    @property
    def commits(self) -> bool:
        """A simple query that commits, or one that is prepared and run."""
        if self.kind not in (_QUERY, _PARSE):
            return False
        text = self.data[5:].rstrip(b"\x00").upper()
        return b"COMMIT" in text.replace(b"ON COMMIT", b"")


class FrontendStream:
    """Bytes in, whole messages out."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._started = False

    def read(self, chunk: bytes) -> Iterator[FrontendMessage]:
        self._unread += chunk
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> FrontendMessage | None:
        begin = 1 if self._started else 0
        if len(self._unread) < begin + 4:
            return None
        end = begin + _LENGTH.unpack_from(self._unread, begin)[0]
        if len(self._unread) < end:
            return None
        message = FrontendMessage(bytes(self._unread[:begin]), bytes(self._unread[:end]))
        del self._unread[:end]
        self._started = True
        return message
