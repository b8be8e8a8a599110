"""Where a value stops fitting its type, found by trying its parts one by one.

What the library says about the whole names a place, too, but in one text with what was sent: whoever sends could write
a place into a name. Nothing here reads that text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

import msgspec

Step: TypeAlias = str | int
Kind: TypeAlias = Literal["value", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Misfit:
    """The innermost part that does not fit, or a key that is missing or unknown.

    `steps` lead to it, keys and indices; `wanted` is the type there, for a missing or unknown key that of the object
    which it is missing in. `says` is the library's objection to this part alone: it may quote what was sent.
    """

    steps: tuple[Step, ...]
    value: object
    wanted: Any
    kind: Kind
    says: str


def find_misfit(sent: object, wanted: Any, *, strict: bool = True) -> Misfit | None:
    """The first part of `sent` that is not what `wanted` takes, in the order in which it was sent. None: it fits."""
    says = _objection(sent, wanted, strict)
    if says is None:
        return None
    part = _failing_part(sent, wanted, strict)
    if part is None:
        return _as_a_whole(sent, wanted, says)
    step, value, part_type = part
    if part_type is _NO_TYPE:
        return Misfit((step,), value, _object_of(wanted), "unknown", says)
    inner = find_misfit(value, part_type, strict=strict)
    return inner and replace(inner, steps=(step, *inner.steps))


def choices_of(wanted: Any) -> tuple[object, ...]:
    """The values of an enumeration, or those that a type spells out; none for any other type."""
    found: list[object] = []
    for each in _alternatives(wanted):
        if get_origin(each) is Literal:
            found += get_args(each)
        elif isinstance(each, type) and hasattr(each, "__members__"):
            found += [choice.value for choice in each.__members__.values()]
    return tuple(found)


def takes(wanted: Any, kind: type) -> bool:
    """Whether `kind` is one of the types that are taken."""
    return any(each is kind for each in _alternatives(wanted))


def takes_many(wanted: Any) -> bool:
    """Whether a list is one of the types that are taken."""
    return any(get_origin(each) is list for each in _alternatives(wanted))


def keys_of(wanted: Any) -> tuple[str, ...]:
    """The keys that an object of that type may have; none when any will do."""
    struct = _object_of(wanted)
    return () if struct is None else tuple(struct.__struct_encode_fields__)


_NO_TYPE = object()  # of a member that is unknown where only known ones are taken

_Part: TypeAlias = tuple[Step, Any, Any]  # the step to it, what it is, and its type


def _objection(sent: object, wanted: Any, strict: bool) -> str | None:
    if takes(wanted, msgspec.Raw):
        return None
    try:
        msgspec.convert(sent, wanted, strict=strict)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def _as_a_whole(sent: object, wanted: Any, says: str) -> Misfit | None:
    """Every part of it fits."""
    missing = _missing_key(sent, wanted)
    if missing is not None:
        return Misfit((missing,), None, _object_of(wanted), "missing", says)
    is_kept_raw = isinstance(sent, Mapping) and _holds_raw(wanted)
    return None if is_kept_raw else Misfit((), sent, wanted, "value", says)


def _failing_part(sent: object, wanted: Any, strict: bool) -> _Part | None:
    if isinstance(sent, list | tuple):
        return _failing_item(sent, _item_type(wanted), strict)
    if not isinstance(sent, Mapping):
        return None
    struct = _object_of(wanted)
    return _failing_entry(sent, wanted, strict) if struct is None else _failing_member(sent, struct, strict)


def _failing_member(sent: Mapping[str, Any], struct: Any, strict: bool) -> _Part | None:
    known = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
    takes_more = not struct.__struct_config__.forbid_unknown_fields
    for name, value in sent.items():
        if name not in known:
            if not takes_more:
                return name, value, _NO_TYPE
        elif _objection(value, known[name], strict) is not None:
            return name, value, known[name]
    return None


def _failing_item(sent: Sequence[Any], item_type: Any, strict: bool) -> _Part | None:
    if item_type is None:
        return None
    index = _first(sent, lambda some: _objection(some, list[item_type], strict) is not None)
    return None if index is None else (index, sent[index], item_type)


def _failing_entry(sent: Mapping[str, Any], wanted: Any, strict: bool) -> _Part | None:
    types = next((get_args(each) for each in _alternatives(wanted) if get_origin(each) is dict), None)
    if types is None:
        return None
    keys, (key_type, value_type) = list(sent), types
    entries: Any = dict.__class_getitem__(types)

    def fails(some: Sequence[str]) -> bool:
        return _objection({key: sent[key] for key in some}, entries, strict) is not None

    index = _first(keys, fails)
    if index is None:
        return None
    key = keys[index]
    if _objection(key, key_type, strict) is not None:
        return key, key, key_type
    return key, sent[key], value_type


def _first(parts: Sequence[Any], fails: Callable[[Sequence[Any]], bool]) -> int | None:
    """The index of the first that fails. By halving: there may be millions, and the library tries many at once."""
    low, high = 0, len(parts)
    if not fails(parts):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(parts[low:middle]) else (middle, high)
    return low


def _missing_key(sent: object, wanted: Any) -> str | None:
    struct = _object_of(wanted)
    if struct is None or not isinstance(sent, Mapping):
        return None
    required = (field.encode_name for field in msgspec.structs.fields(struct) if field.required)
    return next((name for name in required if name not in sent), None)


def _object_of(wanted: Any) -> Any:
    """The one struct that is taken, None when there is none."""
    structs = [each for each in _alternatives(wanted) if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    return structs[0] if len(structs) == 1 else None


def _item_type(wanted: Any) -> Any:
    return next((get_args(each)[0] for each in _alternatives(wanted) if get_origin(each) in (list, tuple)), None)


def _holds_raw(wanted: Any) -> bool:
    """What is kept as it was sent fits, though the library cannot make it of values that are read already."""
    struct = _object_of(wanted)
    return struct is not None and any(takes(each.type, msgspec.Raw) for each in msgspec.structs.fields(struct))


def _alternatives(wanted: Any) -> Iterator[Any]:
    """The types of a union, without what is only said about them."""
    if get_origin(wanted) is Annotated:
        yield from _alternatives(get_args(wanted)[0])
    elif get_origin(wanted) in (Union, UnionType):
        for each in get_args(wanted):
            if each is not NoneType:
                yield from _alternatives(each)
    else:
        yield wanted
