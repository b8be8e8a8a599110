"""What is accepted, in words: from the type that something did not fit, and what the route knows to say about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from types import NoneType
from typing import TypeAlias, get_args
from uuid import UUID

from scouter.wire.misfit import Misfit, choices_of, keys_of, takes

# What a field of that name takes, given the value that it cannot take; None: the type says it well enough.
Accepted: TypeAlias = Callable[[str, object], str | None]

# The library's words when nothing that was sent is among them.
_EXPECTED = re.compile(r"Expected `(?P<types>[a-z | ]+)`(?:, got `[a-z-]+`)?(?P<bound> [^`]*)?")
_WORDS = {
    "float": "a number",
    "int": "an integer",
    "str": "a text",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_TIME = "an RFC 3339 time with a timezone, such as 2026-11-26T00:00:00Z"


def by_type_alone(_: str, __: object) -> None:
    """For structs whose types say everything."""
    return


def words_for(misfit: Misfit, name: str, accepted: Accepted, *, may_be_null: bool) -> str:
    """What `name` takes instead. `accepted` is asked where a type says little to a person."""
    if misfit.kind == "unknown":
        keys = keys_of(misfit.wanted)
        return f"only the keys {', '.join(keys)}" if keys else "no such key here"
    said = accepted(name, misfit.value) if _is_better_asked(misfit) else None
    return said or _by_type(misfit, may_be_null=may_be_null)


def choices(misfit: Misfit) -> tuple[object, ...]:
    """The words of which it had to be one. Only for a text: a number is better told that a text was wanted."""
    return choices_of(misfit.wanted) if isinstance(misfit.value, str | None) else ()


def _is_better_asked(misfit: Misfit) -> bool:
    # A pattern says little to a person, and the least length not what else is asked of a text.
    return (
        misfit.value is None
        or bool(choices(misfit))
        or " matching regex " in misfit.says
        or (isinstance(misfit.value, str) and " of length >= " in misfit.says)
    )


def _by_type(misfit: Misfit, *, may_be_null: bool) -> str:
    or_null = " or null" if may_be_null and NoneType in get_args(misfit.wanted) else ""
    words = choices(misfit)
    if words:
        return f"one of {', '.join(map(str, words))}{or_null}"
    if takes(misfit.wanted, datetime):
        return _TIME + or_null
    if takes(misfit.wanted, UUID):
        return "a UUID" + or_null
    return _in_their_words(misfit.says, may_be_null=may_be_null)


def _in_their_words(says: str, *, may_be_null: bool) -> str:
    expected = _EXPECTED.fullmatch(says)
    if expected is None:
        return says
    types = [each for each in expected["types"].split(" | ") if may_be_null or each != "null"]
    return " or ".join(_WORDS.get(each, each) for each in types) + (expected["bound"] or "")
