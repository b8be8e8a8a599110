"""The route table of the running server: what names a profile goes through the look-up, and is authorised first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import quote, urlencode

import msgspec
import pytest

from scouter.api.endpoint import Endpoint
from scouter.api.routing import AnyRoute, Request
from scouter.auth.permissions import Verb
from scouter.errors import NotFound, PermissionDenied
from scouter.server import Server
from scouter.wire.misfit import takes, takes_many
from tests.http_client import Answer, HttpClient
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile
from tests.route_table import (
    Named,
    authorisations,
    caller_with,
    names_a_profile,
    names_a_space,
    names_a_uid,
    outcome_of,
    places_of,
    request_to,
    statements_of_this_thread,
    told,
    verb_of,
    with_text,
)

# Records say whose they are one by one: scouter.ingest.validation.entity_resolution keeps to the same rule.
OF_RECORDS = {"POST /scouter/message", "POST /scouter/drift"}
OTHER: dict[Verb, Verb] = {"read": "write", "write": "read"}
OUTSIDER = caller_with("read:other", "write:other")
# Each looks like the end of what msgspec says about what does not fit.
PLACES = ("x - at `$.a`", "x` - at `$.records[0].Spc", "' - at `$[...]`", "Expected `int`, got `str` - at `$[7].b`")


@dataclass(frozen=True)
class Table:
    """Every route of a running server that has a profile of each kind, `s/m 0.1.0`."""

    address: str
    routes: list[AnyRoute]
    uids: list[str]

    @property
    def naming(self) -> list[AnyRoute]:
        return [route for route in self.routes if names_a_profile(route)]


@pytest.fixture
def table(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    routes: list[AnyRoute] = []

    class Noted(Endpoint):
        def __init__(self, of_path: Iterable[AnyRoute], *arguments: Any, **more: Any) -> None:
            routes.extend(of_path)
            super().__init__(of_path, *arguments, **more)

    monkeypatch.setattr("scouter.api.application.Endpoint", Noted)
    server = Server(settings_for(database, tmp_path))
    server.start()
    yield Table(server.address, routes, registered(server))
    server.stop()


def registered(server: Server) -> list[str]:
    """The uids of what is there."""
    with closing(HttpClient(server.address).login()) as admin:
        admin.post(
            "/scouter/user", {"username": "eve", "password": "eve's word", "email": "e", "permissions": ["read:other"]}
        )
        profiles = (spc_profile(), psi_profile(), custom_profile())
        return [admin.post("/scouter/profile", registration(profile)).body["uid"] for profile in profiles]


def names(name: str, **more: str) -> Named:
    return {"space": "s", "name": name, "version": "0.1.0", "drift_type": "Spc", **more}


def by_uid(uid: str) -> Named:
    return {"uid": uid, "entity_id": uid}


def test_the_table_is_that_of_the_running_server(table: Table) -> None:
    with closing(HttpClient(table.address).login()) as client:
        endpoints = client.get("/scouter/api/v1/capabilities").body["endpoints"].values()
    assert len(endpoints) == len({told(route) for route in table.routes}) == len(table.routes)
    assert len(table.naming) > 20
    assert {told(route) for route in table.routes if route.raw is not None} == OF_RECORDS


def test_a_forbidden_space_is_refused_before_the_database_is_asked(table: Table) -> None:
    there, absent, beside_uid, beside_none = names("m"), names("x"), by_uid(table.uids[0]), by_uid("unknown")
    for route in filter(names_a_space, table.naming):
        for named in (there, absent, {**there, **beside_uid}, {**there, **beside_none}):
            with statements_of_this_thread() as asked:
                refused = outcome_of(route, OUTSIDER, named)
            assert isinstance(refused, PermissionDenied), f"{told(route)} {named}: {refused!r}"
            assert refused.message == f"user 'eve' may not {verb_of(route)} in space 's'", told(route)
            assert asked == [], f"{told(route)} {named}"


def test_nobody_sees_from_an_answer_what_a_forbidden_space_holds(table: Table) -> None:
    with closing(HttpClient(table.address, "eve", "eve's word").login()) as eve:
        for route in filter(names_a_space, table.naming):
            there, absent = (answer(eve, route, names(name)) for name in ("m", "x"))
            assert (there.status, there.body["code"]) == (403, "PERMISSION_DENIED"), told(route)
            assert (absent.status, absent.body) == (there.status, there.body), told(route)


def test_what_a_uid_belongs_to_is_authorised(table: Table) -> None:
    for route in filter(names_a_uid, table.naming):
        outcomes = [outcome_of(route, OUTSIDER, by_uid(uid)) for uid in table.uids]
        # A chart of another kind than the profile is not there, for anybody.
        assert all(isinstance(outcome, PermissionDenied | NotFound) for outcome in outcomes), (
            f"{told(route)} {outcomes}"
        )
        assert any(isinstance(outcome, PermissionDenied) for outcome in outcomes), told(route)


def test_the_permission_that_is_described_is_the_one_that_is_asked_for(table: Table) -> None:
    for route in table.naming:
        verb = verb_of(route)
        named = names("x") if names_a_space(route) else by_uid(table.uids[0])
        with authorisations() as seen:
            allowed = outcome_of(route, caller_with(f"{verb}:s"), named)
        assert not isinstance(allowed, PermissionDenied), f"{told(route)}: {allowed}"
        assert {asked for _, asked in seen} == {verb}, f"{told(route)} went past the look-up, or asked otherwise"
        assert not names_a_space(route) or ("s", verb) in seen, told(route)
        refused = outcome_of(route, caller_with(f"{OTHER[verb]}:s"), named)
        assert isinstance(refused, PermissionDenied), f"{told(route)}: {refused!r}"


def test_handlers_take_what_their_routes_decode(table: Table) -> None:
    for route in table.routes:
        taken = [hint for name, hint in get_type_hints(route.handle).items() if name != "return"]
        if taken and get_origin(taken[0]) is Request:  # a lambda says nothing
            assert get_args(taken[0]) == (route.query or NoneType, route.body or NoneType), told(route)


def answer(client: HttpClient, route: AnyRoute, named: Named) -> Answer:
    request = request_to(route, OUTSIDER, named)
    path = route.path.format(**request.parts)
    body = None if route.body is None else msgspec.json.encode(request.body)
    if route.query is None:
        return client.send(route.method, path, body)
    members = msgspec.to_builtins(request.query)
    return client.send(route.method, f"{path}?{urlencode({k: v for k, v in members.items() if v is not None})}", body)


@pytest.mark.parametrize("text", PLACES)
def test_whatever_text_is_sent_the_server_does_not_fail(table: Table, text: str) -> None:
    """In every member of every query and body, in every part of a path, and as the name of a member."""
    with closing(HttpClient(table.address).login()) as admin:
        for route, target, body in requests_with(text, table.routes):
            reply = admin.send(route.method, target, body)
            assert reply.status < 500, f"{told(route)} {target} {body!r}: {reply}"
            assert reply.status < 400 or reply.body["error"], told(route)


@pytest.mark.parametrize("text", PLACES)
@pytest.mark.parametrize("profile", [spc_profile(), psi_profile(), custom_profile()], ids=["spc", "psi", "custom"])
def test_whatever_text_a_profile_holds_the_server_does_not_fail(
    table: Table, profile: dict[str, Any], text: str
) -> None:
    with closing(HttpClient(table.address).login()) as admin:
        for changed in variants(profile, text):
            body = {**registration(profile), "profile": json.dumps(changed)}
            for send in (admin.post, admin.put):
                reply = send("/scouter/profile", body)
                assert reply.status < 500, f"{changed}: {reply}"


def test_null_in_a_query_is_no_value_on_any_route(table: Table) -> None:
    """A filter that is misread as none would find, or delete, everything."""
    with closing(HttpClient(table.address).login()) as admin:
        for route in (route for route in table.routes if route.query is not None):
            for field in msgspec.structs.fields(route.query):
                plain = route.path.format(**request_to(route, OUTSIDER, {}).parts)
                query = {**with_text(route.query, (field.encode_name,), "null"), field.encode_name: "null"}
                reply = admin.send(route.method, f"{plain}?{urlencode(query)}")
                if takes(field.type, str) or takes_many(field.type):
                    assert reply.status < 500, f"{told(route)} {query}"
                else:
                    assert reply.status == 400, f"{told(route)} {query}: {reply}"
                    assert (reply.body["field"], reply.body["value"]) == (field.encode_name, "'null'")
                    assert reply.body["accepted"] != "", told(route)


def requests_with(text: str, routes: Iterable[AnyRoute]) -> Iterator[tuple[AnyRoute, str, bytes | None]]:
    for route in routes:
        plain = route.path.format(**request_to(route, OUTSIDER, {}).parts)
        if "{" in route.path:
            yield route, re.sub(r"{\w+}", quote(text, safe=""), route.path), None
        if route.query is not None:
            yield route, f"{plain}?{urlencode({text: text})}", None
        for place in places_of(route.query):
            assert route.query is not None
            yield route, f"{plain}?{urlencode(with_text(route.query, place, text))}", None
        for kind in filter(None, (route.body, route.raw)):
            yield route, plain, json.dumps({text: text}).encode()
            yield from ((route, plain, json.dumps(with_text(kind, place, text)).encode()) for place in places_of(kind))


def variants(document: Any, text: str) -> Iterator[Any]:
    """Copies of a document in each of which one value, or one key, is that text."""
    yield text
    if isinstance(document, dict):
        for key, value in document.items():
            yield {text if each == key else each: kept for each, kept in document.items()}
            yield from ({**document, key: changed} for changed in variants(value, text))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from ([*document[:index], changed, *document[index + 1 :]] for changed in variants(value, text))
