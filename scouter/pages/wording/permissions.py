"""Who may do what, in words."""

from __future__ import annotations

from collections.abc import Iterable

from scouter.auth.permissions import ADMIN_GROUP, EVERY_SPACE
from scouter.pages.text.plain_text import shortened

_MOST_SPACES = 5
_VERBS = (("read", "reads"), ("write", "writes to"))


def rights_in_words(permissions: Iterable[str], groups: Iterable[str]) -> str:
    """`everything`, `reads all spaces, writes to shop and risk`, `nothing`."""
    if ADMIN_GROUP in groups:
        return "everything"
    held = list(permissions)
    said = [_of_verb(verb, words, held) for verb, words in _VERBS]
    return ", ".join(filter(None, said)) or "nothing"


def _of_verb(verb: str, words: str, permissions: list[str]) -> str:
    begins = f"{verb}:"
    spaces = sorted({each.removeprefix(begins) for each in permissions if each.startswith(begins)})
    if EVERY_SPACE in spaces:
        return f"{words} all spaces"
    return f"{words} {_listed(spaces)}" if spaces else ""


def _listed(spaces: list[str]) -> str:
    shown = [shortened(each, 40) for each in spaces[:_MOST_SPACES]]
    if len(spaces) > _MOST_SPACES:
        return f"{', '.join(shown)} and {len(spaces) - _MOST_SPACES} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
