"""What holds for every route that names a profile, whatever table it stands in: routes of the API, or of pages.

A route names a profile when its query, its body or its path has a member that does. What it takes is made up from its
types, so that a new route is tried without a word about it here.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import msgspec
import pytest
from msgspec import inspect

from scouter.api.routing import AnyRequest, AnyRoute, Request
from scouter.auth.permissions import Caller, Verb
from scouter.errors import ScouterError
from scouter.postgres.statements import Statement
from scouter.profiles import lookup
from scouter.users.authentication import Credentials

Named = Mapping[str, str]
Outcome = Literal["done"] | ScouterError
Place = tuple[str, ...]  # names, and the signs below
ITEM, KEY, ENTRY = "[]", "{key}", "{}"


def names_a_profile(route: AnyRoute) -> bool:
    """By a uid, by names, or as one of a version or of a space."""
    return names_a_uid(route) or names_a_space(route)


def names_a_uid(route: AnyRoute) -> bool:
    return not members_of(route).isdisjoint({"uid", "entity_id"})


def names_a_space(route: AnyRoute) -> bool:
    return "space" in members_of(route)


def members_of(route: AnyRoute) -> set[str]:
    """What a request may name: members of the query and of the body, however deep, and parts of the path."""
    structs = [kind for kind in (route.query, route.body) if kind is not None]
    found = set(re.findall(r"{(\w+)}", route.path))
    return found.union(*(_members(inspect.type_info(kind)) for kind in structs))


def verb_of(route: AnyRoute) -> Verb:
    """What a caller has to be allowed, in the words that the documentation shows."""
    words = re.findall(r"\bread\b|\bwrite\b", route.permission)
    assert words, f"{told(route)} names a profile, and its permission says neither read nor write"
    assert len(set(words)) == 1, f"{told(route)} says {route.permission!r}"
    return "read" if words[0] == "read" else "write"


def caller_with(*permissions: str) -> Caller:
    return Caller("eve", frozenset(permissions), frozenset())


def outcome_of(route: AnyRoute, caller: Caller, named: Named) -> Outcome:
    """What the handler does with a request that names a profile like that."""
    try:
        route.handle(request_to(route, caller, named))
    except ScouterError as error:
        return error
    return "done"


def request_to(route: AnyRoute, caller: Caller, named: Named) -> AnyRequest:
    nobody = Credentials(None, None, None, "127.0.0.1")
    parts = {part: named.get(part, "x") for part in re.findall(r"{(\w+)}", route.path)}
    query, body = (_made_up(kind, named) for kind in (route.query, route.body))
    return Request(caller, nobody, query, body, parts)


def places_of(kind: type[msgspec.Struct] | None) -> list[Place]:
    """Every member that holds no other members, however deep, and every key that is free to choose."""
    return [] if kind is None else list(_places(inspect.type_info(kind)))


def with_text(kind: type[msgspec.Struct], place: Place, text: str) -> Any:
    """The least that the type takes, with that text at that place."""
    return _with(inspect.type_info(kind), place, text)


def told(route: AnyRoute) -> str:
    return f"{route.method} {route.path}"


@contextmanager
def statements_of_this_thread() -> Iterator[list[str]]:
    """The names of the statements that are run meanwhile, by whoever tries a route; other threads have their own."""
    asked: list[str] = []
    me = threading.get_ident()

    def noting(run: Callable[..., Any]) -> Callable[..., Any]:
        def noted(statement: Statement, *arguments: Any, **parameters: Any) -> Any:
            if threading.get_ident() == me:
                asked.append(statement.name)
            return run(statement, *arguments, **parameters)

        return noted

    with pytest.MonkeyPatch.context() as patch:
        for way in ("one", "all", "values", "run"):
            patch.setattr(Statement, way, noting(getattr(Statement, way)))
        yield asked


@contextmanager
def authorisations() -> Iterator[list[tuple[str | None, Verb]]]:
    """The spaces and verbs that the look-up is asked for meanwhile."""
    seen: list[tuple[str | None, Verb]] = []
    authorise = lookup.authorise

    def noted(space: str | None, verb: Verb, caller: Caller) -> None:
        seen.append((space, verb))
        authorise(space, verb, caller)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "authorise", noted)
        yield seen


def _made_up(kind: type[msgspec.Struct] | None, named: Named) -> Any:
    """The least that the type takes, with those members of it that are named."""
    if kind is None:
        return None
    return msgspec.convert(_least(inspect.type_info(kind), named), kind, strict=False)


def _least(kind: inspect.Type, named: Named) -> Any:
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    match kind:
        case inspect.StructType():
            return {
                field.encode_name: named.get(field.encode_name) or _least(field.type, named)
                for field in kind.fields
                if field.encode_name in named or _is_required(field)
            }
        case inspect.ListType():
            return [_least(kind.item_type, named)]
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.IntType():
            return 1 if kind.ge is None else kind.ge
        case inspect.BoolType():
            return True
    return "2026-01-01T00:00:00Z" if isinstance(kind, inspect.DateTimeType) else _shortest_text(kind)


def _shortest_text(kind: inspect.Type) -> str:
    least = kind.min_length if isinstance(kind, inspect.StrType) else None
    return "x" * (least or 1)


def _is_required(field: inspect.Field) -> bool:
    return field.required


def _members(kind: inspect.Type) -> set[str]:
    match kind:
        case inspect.StructType():
            inner = (_members(field.type) for field in kind.fields)
            return {field.encode_name for field in kind.fields}.union(*inner)
        case inspect.ListType():
            return _members(kind.item_type)
        case inspect.UnionType():
            return set[str]().union(*(_members(each) for each in kind.types))
    return set()


def _places(kind: inspect.Type) -> Iterator[Place]:
    match kind:
        case inspect.StructType():
            yield from ((field.encode_name, *rest) for field in kind.fields for rest in _places(field.type))
        case inspect.ListType():
            yield from ((ITEM, *rest) for rest in _places(kind.item_type))
        case inspect.DictType():
            yield (KEY,)
            yield from ((ENTRY, *rest) for rest in _places(kind.value_type))
        case inspect.UnionType():
            yield from dict.fromkeys(place for each in kind.types for place in _places(each))
        case _:
            yield ()


def _with(kind: inspect.Type, place: Place, text: str) -> Any:
    if isinstance(kind, inspect.UnionType):
        kind = next(each for each in kind.types if place in _places(each))
    if not place:
        return text
    step, *rest = place
    match kind:
        case inspect.StructType():
            inner = {field.encode_name: field.type for field in kind.fields}[step]
            return {**_least(kind, {}), step: _with(inner, tuple(rest), text)}
        case inspect.ListType():
            return [_with(kind.item_type, tuple(rest), text)]
        case inspect.DictType() if step == KEY:
            return {text: _least(kind.value_type, {})}
        case inspect.DictType():
            return {"x": _with(kind.value_type, tuple(rest), text)}
    raise AssertionError(f"{kind} has no {place}")
