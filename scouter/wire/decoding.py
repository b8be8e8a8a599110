"""Decoding what was sent, with errors that name the field, the value and what is accepted."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec

from scouter.errors import HIDDEN, InvalidInput, NotAChoice, Undecodable
from scouter.wire.leap_seconds import second_after, without_leap_seconds
from scouter.wire.misfit import Misfit, Step, find_misfit, takes, takes_many
from scouter.wire.refusal_words import Accepted, by_type_alone, choices, words_for

Wanted = TypeVar("Wanted")
Query = TypeVar("Query", bound=msgspec.Struct)

_DIGITS = 309  # of the largest float
_ENDLESS = re.compile(rb"\d{%d}" % _DIGITS)
_MAX_REPAIRS = 8


def decode_json(
    decoder: msgspec.json.Decoder[Wanted],
    raw: bytes,
    *,
    accepted: Accepted = by_type_alone,
    secrets: Collection[str] = (),
) -> Wanted:
    """Raises `Undecodable` for what is no JSON, `InvalidInput` for JSON of another shape.

    A leap second is read as the next second, a number beyond all floats as an infinite one. `secrets`: members of the
    body whose values no error shows.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError:
        # Read again as a whole: the error is about the first thing that did not fit, and worse may follow it.
        reading = _Reading(decoder.type, accepted=accepted, secrets=secrets)
        return cast("Wanted", reading.second(_any_json(raw)))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _undecodable(error) from None


def convert(
    sent: object,
    wanted: type[Wanted],
    *,
    root: str = "",
    accepted: Accepted = by_type_alone,
    secrets: Collection[str] = (),
) -> Wanted:
    """Values as a struct. Raises `InvalidInput`."""
    try:
        return msgspec.convert(sent, wanted)
    except msgspec.ValidationError:
        return cast("Wanted", _Reading(wanted, root, accepted=accepted, secrets=secrets).second(sent))


def convert_query(sent: Mapping[str, object], wanted: type[Query], *, accepted: Accepted = by_type_alone) -> Query:
    """Texts as a struct: numbers, dates and words in them are read, as in a query string. Raises `InvalidInput`.

    A text stands for what it says: `null` for no value of any type, a number for no date. What takes a list may be
    there once or more often.
    """
    reading = _Reading(wanted, is_query=True, accepted=accepted)
    fields = msgspec.structs.fields(wanted)
    sent = {**sent, **_gathered(sent, {field.encode_name for field in fields if takes_many(field.type)})}
    for field in fields:
        value = sent.get(field.encode_name)
        if takes_many(field.type):
            continue
        if isinstance(value, list):
            raise InvalidInput(field.encode_name, value, f"one value; here are {len(value)}")
        if isinstance(value, str) and _is_misread(value, field.type):
            raise reading.refusal_of(field.encode_name, value, field.type)
    try:
        return msgspec.convert(sent, wanted, strict=False)
    except msgspec.ValidationError:
        return cast("Query", reading.second(sent))


def _gathered(sent: Mapping[str, object], lists: Collection[str]) -> dict[str, object]:
    """What is there once, as a list of one."""
    return {name: [sent[name]] for name in lists if name in sent and not isinstance(sent[name], list)}


def _is_misread(text: str, wanted: Any) -> bool:
    """Whether the library would read into a text what it does not say."""
    if takes(wanted, str):
        return False
    return text.lower() == "null" or (takes(wanted, datetime) and _is_number(text))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Reading:
    """What something is read as that did not fit at once, and what errors say of it."""

    wanted: Any
    root: str = ""
    is_query: bool = False
    accepted: Accepted = by_type_alone
    secrets: Collection[str] = ()

    def second(self, sent: Any) -> Any:
        """`sent` as what was wanted after all, its leap seconds put right. Raises `InvalidInput`."""
        misfit = self._misfit(sent)
        for _ in range(_MAX_REPAIRS):
            if misfit is None or not _is_leap_second(misfit):
                break
            sent = without_leap_seconds(sent, str(misfit.steps[-1]))
            misfit = self._misfit(sent)
        if misfit is not None:
            raise self.refusal(misfit)
        try:
            return msgspec.convert(sent, self.wanted, strict=not self.is_query)
        except msgspec.ValidationError:  # a part of it is kept as it was sent, and cannot be made a second time
            raise InvalidInput(self.root or "body", HIDDEN if self.secrets else sent, "every key once") from None

    def refusal(self, misfit: Misfit) -> InvalidInput:
        steps = misfit.steps
        field = _field(self.root, steps)
        if misfit.kind == "missing":
            return InvalidInput(field, _Absent(), "this field, which is required")
        named = next((step for step in reversed(steps) if isinstance(step, str)), "")
        words = words_for(misfit, named, self.accepted, may_be_null=not self.is_query)
        if self._is_secret(misfit):
            return InvalidInput(field, HIDDEN, words)
        return (NotAChoice if choices(misfit) else InvalidInput)(field, misfit.value, words)

    def refusal_of(self, name: str, text: str, wanted: Any) -> InvalidInput:
        """For a text that is not what is `wanted`, though the library might read it so."""
        says = misfit.says if (misfit := find_misfit(text, wanted)) else ""
        return self.refusal(Misfit((name,), text, wanted, "value", says))

    def _misfit(self, sent: object) -> Misfit | None:
        return find_misfit(sent, self.wanted, strict=not self.is_query)

    def _is_secret(self, misfit: Misfit) -> bool:
        # A body that does not fit as a whole may hold the secret anywhere.
        return bool(self.secrets) and (not misfit.steps or misfit.steps[0] in self.secrets)


def _is_leap_second(misfit: Misfit) -> bool:
    value = misfit.value
    return takes(misfit.wanted, datetime) and isinstance(value, str) and second_after(value) is not None


class _Absent:
    """Stands for a field that is not there, where errors show a value."""

    def __repr__(self) -> str:
        return "an absent field"


def _field(root: str, steps: Sequence[Step]) -> str:
    text = root
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step[:200]}"
    return text.removeprefix(".") or "body"


# A number beyond all floats is no reason to refuse what it came with: it is infinite, and no value that is kept.
_reader = msgspec.json.Decoder(float_hook=float)


def _any_json(raw: bytes) -> Any:
    if _ENDLESS.search(raw):
        return _with_endless_integers(raw)
    try:
        return _reader.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _undecodable(error) from None


def _with_endless_integers(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_int=_integer, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _undecodable(error) from None


def _integer(digits: str) -> int | float:
    if len(digits) < _DIGITS or math.isfinite(float(digits)):
        return int(digits)
    return float(digits)


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _undecodable(error: Exception) -> Undecodable:
    return Undecodable(f"the body is not usable JSON: {error}")
