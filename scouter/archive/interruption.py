"""How a pass of the archiver ends before its time."""

from __future__ import annotations


class Interrupted(Exception):
    """The server stops. What was begun is done again by the next pass."""
