"""Shares of a bounded place among senders: whoever takes little keeps all of it, the noisiest gives way."""

from __future__ import annotations

from collections.abc import Collection


def fair_share(sizes: Collection[int], maximum: int) -> int:
    """The largest share such that all together take no more than `maximum` when none takes more than it."""
    left = maximum
    for number, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - number)
        if size > share:
            return share
        left -= size
    return maximum
