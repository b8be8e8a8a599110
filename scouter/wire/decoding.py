"""Decoding what was sent, with errors that name the field, the value and what is accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

import msgspec

from scouter.errors import HIDDEN, InvalidInput, Undecodable

Wanted = TypeVar("Wanted")

# What a field of that name takes, given the value that it cannot take; None: the type says it well enough.
Accepted = Callable[[str, object], str | None]

_MESSAGE = re.compile(r"(?P<problem>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")
_NAMED_FIELD = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `(?P<types>[^`]*)`(?P<bound>[^,]*)")
_WORDS = {
    "float": "a number",
    "int": "an integer",
    "str": "a text",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def by_type_alone(_: str, __: object) -> None:
    """For structs whose types say everything."""
    return


def decode_json(
    decoder: msgspec.json.Decoder[Wanted],
    raw: bytes,
    *,
    accepted: Accepted = by_type_alone,
    secrets: Collection[str] = (),
) -> Wanted:
    """Raises `Undecodable` for what is no JSON, `InvalidInput` for JSON of another shape.

    `secrets`: members of the body whose values no error shows.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        # Read again as a whole: the error is about the first thing that did not fit, and worse may follow it.
        raise refusal(str(error), _any_json(raw), decoder.type, accepted=accepted, secrets=secrets) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _undecodable(error) from None


def _any_json(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _undecodable(error) from None


def _undecodable(error: Exception) -> Undecodable:
    return Undecodable(f"the body is not usable JSON: {error}")


def convert(
    sent: object,
    wanted: type[Wanted],
    *,
    root: str = "",
    strict: bool = True,
    accepted: Accepted = by_type_alone,
    secrets: Collection[str] = (),
) -> Wanted:
    """Values as a struct; not `strict`: texts are read as numbers and dates, as in a query string."""
    try:
        return msgspec.convert(sent, wanted, strict=strict)
    except msgspec.ValidationError as error:
        raise refusal(str(error), sent, wanted, root=root, accepted=accepted, secrets=secrets) from None


def refusal(
    message: str,
    sent: object,
    wanted: type,
    *,
    root: str = "",
    accepted: Accepted = by_type_alone,
    secrets: Collection[str] = (),
) -> InvalidInput:
    """What msgspec says about `sent` not being a `wanted`, as a field, its value and what it takes."""
    parts = _MESSAGE.fullmatch(message)
    problem, path = (message, "") if parts is None else (parts["problem"], parts["path"] or "")
    steps = _steps(path, sent, wanted, message)
    parent = next((step for step in reversed(steps) if isinstance(step, str)), "")
    named = _NAMED_FIELD.fullmatch(problem)
    if named is None:
        value = _at(sent, steps)
        # A body that does not fit as a whole may hold the secret anywhere.
        hidden = secrets and (not steps or steps[0] in secrets)
        return InvalidInput(_field(root, steps), HIDDEN if hidden else value, _takes(problem, parent, value, accepted))
    steps = [*steps, named["name"]]
    if named["what"] == "missing required":
        return InvalidInput(_field(root, steps), _Absent(), "this field, which is required")
    return InvalidInput(_field(root, steps), _at(sent, steps), accepted(parent, named) or "no such key here")


class _Absent:
    """Stands for a field that is not there, where errors show a value."""

    def __repr__(self) -> str:
        return "an absent field"


def _takes(problem: str, name: str, value: object, accepted: Accepted) -> str:
    expected = _EXPECTED.match(problem)
    if expected is None:
        return (accepted(name, value) if problem.startswith("Invalid enum value") else None) or problem
    words = [_WORDS.get(each, each) for each in expected["types"].split(" | ")]
    by_type = " or ".join(words) + expected["bound"]
    # A pattern says little to a person.
    asked = value is None or "matching regex" in expected["bound"]
    return (accepted(name, value) if asked else None) or by_type


def _field(root: str, steps: Sequence[str | int]) -> str:
    text = root
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step[:200]}"
    return text.removeprefix(".") or "body"


def _steps(path: str, sent: object, wanted: type, message: str) -> list[str | int]:
    """The path as keys and indices. msgspec writes every map key as `[...]`; those are found by trying."""
    steps: list[str | int] = []
    for match in _STEP.finditer(path):
        if match["name"] is not None:
            steps.append(match["name"])
        elif match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(_failing_key(sent, steps, wanted, message))
    return steps


def _failing_key(sent: object, steps: list[str | int], wanted: type, message: str) -> str:
    """The first key of the map at `steps` whose value fails with `message`, by halving: the map may be large."""
    entries = _at(sent, steps)
    keys = list(entries)
    while len(keys) > 1:
        half = keys[: len(keys) // 2]
        kept = {key: entries[key] for key in half}
        failing = _fails_alike(_replaced(sent, steps, kept), wanted, message)
        keys = half if failing else keys[len(half) :]
    return str(keys[0])


def _fails_alike(sent: object, wanted: type, message: str) -> bool:
    try:
        msgspec.convert(sent, wanted)
    except msgspec.ValidationError as error:
        return str(error) == message
    return False


def _at(sent: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        sent = sent[step]
    return sent


def _replaced(sent: Any, steps: Sequence[str | int], value: object) -> Any:
    """A copy of `sent` with `value` at `steps`; what lies beside the path is shared."""
    if not steps:
        return value
    copy = sent.copy()
    copy[steps[0]] = _replaced(sent[steps[0]], steps[1:], value)
    return copy
