"""Text that clients sent, made harmless to look at: names can hold anything.

Escaping is another matter, and done by whoever writes the markup. Here goes what survives escaping: control characters,
which XML forbids, and marks that turn the direction of the text around them.
"""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"
ELLIPSIS = "…"
_CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_DIRECTIONS = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_FORBIDDEN = r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_HARMFUL = re.compile(f"[{_CONTROLS}{_DIRECTIONS}{_FORBIDDEN}]")


def plain(text: str) -> str:
    """The text in one line, with a replacement character for each control character and each mark of direction."""
    return _HARMFUL.sub(REPLACEMENT, text)


def plain_lines(text: str) -> str:
    """The same with its lines and tabs left as they are."""
    return _HARMFUL.sub(lambda found: found.group() if found.group() in "\n\t" else REPLACEMENT, text)


def shortened(text: str, most: int = 60) -> str:
    """The plain text, cut to `most` characters with an ellipsis at its end."""
    whole = plain(text[: most + 1])
    return whole if len(whole) <= most else whole[: most - 1].rstrip() + ELLIPSIS
