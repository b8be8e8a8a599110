"""Texts without control characters: names come from clients, and terminals and headers obey them."""

from __future__ import annotations


def plain(text: str) -> str:
    """The text with its line breaks; what else is not printable is a question mark."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text.rstrip())


def one_line(text: str) -> str:
    """The text with single spaces for what is not printable, line breaks among it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
