"""Replies in gzip, for whoever takes it: a page of a hundred rows is 200 kB plain, and 7 kB so."""

from __future__ import annotations

import gzip

_LEVEL = 5
_SMALLEST = 1000


def takes_gzip(accept_encoding: str | None) -> bool:
    for part in (accept_encoding or "").lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def compressed(data: bytes, accept_encoding: str | None) -> bytes | None:
    """None: it is small, or was not asked for. The same bytes for the same data: no time is in them."""
    if len(data) < _SMALLEST or not takes_gzip(accept_encoding):
        return None
    return gzip.compress(data, _LEVEL, mtime=0)
