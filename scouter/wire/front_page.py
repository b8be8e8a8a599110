"""What a server says of itself at its root."""

from __future__ import annotations

from msgspec import Struct


class FrontPageReply(Struct, frozen=True):
    message: str
    version: str
    documentation: str = "/scouter/api/v1/docs"
    capabilities: str = "/scouter/api/v1/capabilities"
    health: str = "/readyz"
