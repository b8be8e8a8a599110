"""Cursors: where a page ended, as a text that its reader gives back and need not understand."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from scouter.errors import InvalidInput

Position = TypeVar("Position", bound=msgspec.Struct)

Cursor: TypeAlias = Annotated[str, Meta(max_length=8000)]


def cursor_at(position: msgspec.Struct) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def position_at(cursor: str, wanted: type[Position]) -> Position:
    """Raises `InvalidInput` for what no page has given."""
    try:
        raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=wanted)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError):
        raise InvalidInput("cursor", cursor, "the next_cursor of an earlier page") from None
