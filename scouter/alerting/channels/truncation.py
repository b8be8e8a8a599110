"""Texts cut to what a service takes."""

from __future__ import annotations

from collections.abc import Iterator


def cut(text: str, most: int) -> str:
    """At most so many characters; an ellipsis says that some are missing."""
    return text if len(text) <= most else text[: most - 1] + "…"


def pieces(text: str, most: int) -> Iterator[str]:
    """The whole text in pieces of at most `most` characters, parted between lines wherever that is possible."""
    piece = ""
    for line in text.split("\n"):
        joined = f"{piece}\n{line}" if piece else line
        if len(joined) > most and piece.strip():
            yield piece
            joined = line
        while len(joined) > most:
            yield joined[:most]
            joined = joined[most:]
        piece = joined
    if piece.strip():
        yield piece
