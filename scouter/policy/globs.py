"""Patterns of `*` (any text) and `?` (any one character), matched in a time that no pattern can blow up.

Not a regular expression, which can keep a server busy for ever. The matching goes back to the last `*` only, so its
time is at most the product of the lengths of pattern and text.
"""

from __future__ import annotations


def matches_glob(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says; capitals count."""
    at, read = 0, 0
    star, resume = -1, 0  # the last `*`, and where the text goes on behind what it stands for
    while read < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, read
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[read]):
            at, read = at + 1, read + 1
        elif star >= 0:
            resume += 1
            at, read = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")
