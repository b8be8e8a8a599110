"""Decoding what was sent, with errors that name the field, the value and what is accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from scouter.errors import InvalidInput, Undecodable

T = TypeVar("T")

_WHERE = re.compile(r"^(?P<problem>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def decode_json(decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    """Raises `Undecodable` for what is no JSON, `InvalidInput` for JSON of another shape."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as problem:
        raise invalid_input(problem, _parsed(raw)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Undecodable(f"the body is not usable JSON: {problem}") from None


def convert_query(query: Mapping[str, object], into: type[T]) -> T:
    """A query string's values as a struct. Raises `InvalidInput`."""
    try:
        return msgspec.convert(query, into, strict=False)
    except msgspec.ValidationError as problem:
        raise invalid_input(problem, query) from None


def invalid_input(problem: msgspec.ValidationError, document: object) -> InvalidInput:
    """What msgspec says about a document, in our words."""
    match = _WHERE.match(str(problem))
    said, path = (match["problem"], match["path"] or "$") if match else (str(problem), "$")
    missing = re.search(r"missing required field `([^`]+)`", said)
    if missing:
        return InvalidInput(_field(f"{path}.{missing[1]}"), None, "a value; it is required")
    return InvalidInput(_field(path), _value_at(document, path), said.replace("Expected ", "").replace("`", ""))


def _field(path: str) -> str:
    return path.removeprefix("$").lstrip(".") or "body"


def _value_at(document: object, path: str) -> object:
    """The value at a path such as `$.records[0].Spc.value`; None where the path does not lead anywhere."""
    value: Any = document
    for key, index in _STEP.findall(path):
        try:
            value = value[key] if key else value[int(index)]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return value


def _parsed(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None
