"""Texts cut to what a service takes."""

from __future__ import annotations

from collections.abc import Iterator


def truncate(text: str, maximum: int) -> str:
    """At most so many characters; an ellipsis says that some are missing."""
    return text if len(text) <= maximum else text[: maximum - 1] + "…"


def pieces(text: str, maximum: int) -> Iterator[str]:
    """The whole text in pieces of at most `most` characters, parted between lines wherever that is possible."""
    piece = ""
    for line in text.split("\n"):
        joined = f"{piece}\n{line}" if piece else line
        if len(joined) > maximum and piece.strip():
            yield piece
            joined = line
        while len(joined) > maximum:
            yield joined[:maximum]
            joined = joined[maximum:]
        piece = joined
    if piece.strip():
        yield piece
