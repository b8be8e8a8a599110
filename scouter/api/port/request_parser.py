"""Takes a request apart as it arrives, and judges it as soon as its head is there."""

from __future__ import annotations

from typing import Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser
from waitress.utilities import BadRequest, RequestEntityTooLarge

from scouter.api.port.arriving_body import too_large
from scouter.api.port.head_judgement import HeadJudgement
from scouter.metrics import HTTP_BODIES_REFUSED

# The published clients send some 800 bytes. A name or a token may be long; what is longer than this is no mistake.
MAX_HEAD_BYTES = 32 * 1024
_FIRST_LINE_BYTES = 8192
_MAX_CHUNK_LINE_BYTES = 1024
_MAX_TRAILER_BYTES = 8192


class RequestParser(HTTPRequestParser):
    """One request. `error` says why there is nothing to hand on: waitress' own, or one of ours.

    `method` and `path` are what it asks for as far as that can be read, whatever is wrong with it.
    """

    error: Any
    command: Any
    path: str

    headers: Any

    def __init__(self, adjustments: Adjustments, max_body_bytes: int, judgement: HeadJudgement) -> None:
        """`judgement` is asked once, when the head is there and before any of the body is kept."""
        super().__init__(adjustments)
        self.max_body_bytes = max_body_bytes
        self._judgement = judgement
        self.command = self.path = ""

    def received(self, data: bytes) -> int:
        had_head = self.headers_finished
        consumed = super().received(data)
        if self.error is None and not self.empty:
            self._judge(had_head)
        elif isinstance(self.error, RequestEntityTooLarge):
            self.error = too_large(self.max_body_bytes)
        elif self.error is not None and not had_head:
            self._read_first_line(data)
        if self.completed:  # there is nothing to invite: waitress would wait for it all the same
            self.expect_continue = False
        return consumed

    @property
    def is_begun(self) -> bool:
        """Whether anything has come of it."""
        return bool(self.headers_finished or self.header_plus.strip())

    def _judge(self, had_head: bool) -> None:
        if not self.headers_finished:
            return
        if had_head:
            self.error = self._wrong_with_body()
        elif self.content_length > self.max_body_bytes:
            HTTP_BODIES_REFUSED.labels("too_large").inc()
            self.error = too_large(self.max_body_bytes)
        elif self.body_rcv is not None:
            receiver: Any = self.body_rcv
            receiver.buf = self._judgement.body_of(self)
        if self.error is not None:
            self.completed = True

    def _wrong_with_body(self) -> Any:
        """Of one whose length was not said beforehand."""
        if not self.chunked:
            return None
        body: Any = self.body_rcv
        if len(body) > self.max_body_bytes:
            return too_large(self.max_body_bytes)
        if len(body.control_line) > _MAX_CHUNK_LINE_BYTES or len(body.trailer) > _MAX_TRAILER_BYTES:
            return BadRequest("a chunk's first line, or what follows the last chunk, is too long")
        return None

    def _read_first_line(self, data: bytes) -> None:
        line = (self.header_plus + data)[:_FIRST_LINE_BYTES].lstrip().partition(b"\r\n")[0]
        words = line.decode("latin-1").split(" ")
        self.command = words[0] if words[0].isalpha() and words[0].isupper() else ""
        self.path = words[1].partition("?")[0] if len(words) > 1 else ""
        self.version = "1.1" if words[-1] == "HTTP/1.1" else "1.0"
