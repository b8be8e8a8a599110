"""The server's answer to a message, as a sender reads it from the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.drills.sent_messages import Outcome


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def outcome(self) -> Outcome:
        if self.status == 200:
            if self.body.get("duplicate"):
                return Outcome.DUPLICATE
            return Outcome.SPOOLED if self.body.get("spooled") else Outcome.STORED
        return Outcome.QUARANTINED if self.body.get("quarantine_id") else Outcome.REFUSED

    @property
    def closes(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"

    @property
    def renewed_token(self) -> str | None:
        """A new token for one that was of no use any more."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" else None

    def detail(self, records: int) -> str:
        """What else a drill wants to know: where it is kept, when to come again, what was left out."""
        if self.outcome == Outcome.QUARANTINED:
            return str(self.body["quarantine_id"])
        if self.outcome == Outcome.STORED and self.body.get("stored") != records:
            return f"stored {self.body.get('stored')} of {records}"
        if self.status == 503:
            return f"retry-after {self.headers['retry-after']}" if "retry-after" in self.headers else "no retry-after"
        return ""


def read_answer(received: bytearray) -> HttpAnswer | None:
    """None: not all of it is there yet. The server always says how long its answer is."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers["content-length"])
    text = bytes(received[end + 4 : end + 4 + length])
    if len(text) < length:
        return None
    body = json.loads(text) if headers.get("content-type", "").startswith("application/json") else {}
    return HttpAnswer(int(first.split()[1]), headers, body)
