"""What the probes answer."""

from __future__ import annotations

import msgspec


class PartReply(msgspec.Struct, frozen=True):
    """One part of the server."""

    ok: bool
    says: str


class LiveReply(msgspec.Struct, frozen=True):
    alive: bool
    parts: dict[str, PartReply]


class ReadyReply(msgspec.Struct, frozen=True):
    ready: bool
    parts: dict[str, PartReply]
