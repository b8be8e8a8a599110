"""Lists of profiles: pages, spaces, versions; each caller sees what it may read."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest

from scouter.server import Server
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

KINDS = {"Spc": spc_profile, "Psi": psi_profile, "Custom": custom_profile}


def register(client: HttpClient, space: str, name: str, kind: str = "Spc", **more: Any) -> str:
    answer = client.post("/scouter/profile", registration(KINDS[kind](space=space, name=name), **more))
    assert answer.status == 200, answer
    return str(answer.body["uid"])


def named(items: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(item["space"], item["name"], item["version"], item["drift_type"]) for item in items]


def walk(client: HttpClient, **query: object) -> list[dict[str, Any]]:
    """Every page in turn."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        answer = client.get("/scouter/profiles", cursor=cursor, **query)
        assert answer.status == 200, answer
        items += answer.body["items"]
        cursor = answer.body["next_cursor"]
        assert answer.body["has_next"] is (cursor is not None)
        if cursor is None:
            return items


def user(server: Server, admin: HttpClient, *permissions: str) -> HttpClient:
    body = {"username": "eve", "password": "eve's word", "email": "eve", "permissions": permissions}
    assert admin.post("/scouter/user", body).status == 200
    return HttpClient(server.address, "eve", "eve's word").login()


def test_an_item_says_what_is_known(admin: HttpClient) -> None:
    uid = register(admin, "s", "m", active=True)
    answer = admin.get("/scouter/profiles")
    assert (answer.body["has_next"], answer.body["next_cursor"]) == (False, None)
    item = answer.body["items"][0]
    expected = {"uid": uid, "space": "s", "name": "m", "version": "0.1.0", "drift_type": "Spc", "active": True}
    assert {key: item[key] for key in expected} == expected
    assert item["schedule"] == "0 0 0 * * *"
    times = {key: datetime.fromisoformat(item[key]) for key in ("previous_run", "next_run", "created_at", "updated_at")}
    assert all(time.tzinfo is not None for time in times.values())
    assert times["previous_run"] < times["next_run"]


def test_nothing_is_an_empty_page(admin: HttpClient) -> None:
    assert admin.get("/scouter/profiles").body == {"items": [], "has_next": False, "next_cursor": None}
    assert admin.get("/scouter/spaces").body == {"spaces": []}


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 500])
def test_pages_of_every_size_have_everything_in_order(admin: HttpClient, limit: int) -> None:
    for space, name in (("b", "m"), ("a", "n"), ("a", "m"), ("ü ", "ü/?&%+")):
        register(admin, space, name)
    register(admin, "a", "m", "Psi")
    register(admin, "a", "m")
    found = named(walk(admin, limit=limit))
    assert found == [
        ("a", "m", "0.1.0", "Psi"),
        ("a", "m", "0.1.0", "Spc"),
        ("a", "m", "0.2.0", "Spc"),
        ("a", "n", "0.1.0", "Spc"),
        ("b", "m", "0.1.0", "Spc"),
        ("ü ", "ü/?&%+", "0.1.0", "Spc"),
    ]


def test_filters(admin: HttpClient) -> None:
    register(admin, "a", "m", active=True)
    register(admin, "a", "n")
    register(admin, "b", "m", "Psi")
    assert named(walk(admin, space="a", limit=1)) == [("a", "m", "0.1.0", "Spc"), ("a", "n", "0.1.0", "Spc")]
    assert named(walk(admin, name="m", limit=1)) == [("a", "m", "0.1.0", "Spc"), ("b", "m", "0.1.0", "Psi")]
    assert named(walk(admin, drift_type="Psi")) == [("b", "m", "0.1.0", "Psi")]
    assert named(walk(admin, active="true")) == [("a", "m", "0.1.0", "Spc")]
    assert len(walk(admin, active="false")) == 2
    assert walk(admin, space="nowhere") == []


def test_a_walk_meets_every_profile_once_while_others_are_added(server: Server, admin: HttpClient) -> None:
    there = {register(admin, f"s{n % 3}", f"m{n:02}") for n in range(20)}
    done = threading.Event()

    def add() -> None:
        client = HttpClient(server.address).login()
        for n in range(200):
            if done.is_set():
                return
            register(client, f"s{n % 3}", f"m{n % 20:02}x{n}", "Custom")

    adding = threading.Thread(target=add)
    adding.start()
    try:
        walks = [[item["uid"] for item in walk(admin, limit=2)] for _ in range(3)]
    finally:
        done.set()
        adding.join()
    for uids in walks:
        assert len(uids) == len(set(uids))
        assert there <= set(uids)
    assert len(walks[-1]) > len(there), "some were added meanwhile"


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"active": "perhaps"}, "active"),
        ({"drift_type": "Service"}, "drift_type"),
        ({"space": ""}, "space"),
        ({"space": "a\x00"}, "space"),
        ({"name": "n" * 201}, "name"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "ü"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "W10"}, "cursor"),
        ({"cursor": "WyJhXHUwMDAwIiwibSIsIjEiLCJTcGMiXQ"}, "cursor"),
    ],
)
def test_a_refused_query_is_told_the_field(admin: HttpClient, query: dict[str, object], field: str) -> None:
    answer = admin.get("/scouter/profiles", **query)
    assert (answer.status, answer.body["field"]) == (400, field)


def test_lists_hold_what_the_caller_may_read(server: Server, admin: HttpClient) -> None:
    for space in ("a", "b", "c", "all b"):
        register(admin, space, "m")
        register(admin, space, "m", active=True)
    eve = user(server, admin, "read:a", "read:b", "read:empty", "write:c")
    assert {item["space"] for item in walk(eve, limit=1)} == {"a", "b"}
    counts = {"profiles": 2, "active_profiles": 1}
    assert eve.get("/scouter/spaces").body == {"spaces": [{"space": "a", **counts}, {"space": "b", **counts}]}
    assert len(admin.get("/scouter/spaces").body["spaces"]) == 4
    assert eve.get("/scouter/profiles", space="c").status == 403
    assert eve.get("/scouter/profiles", space="nowhere").status == 403
    last = admin.get("/scouter/profiles", limit=6).body["next_cursor"]
    assert eve.get("/scouter/profiles", cursor=last).body["items"] == []


def test_a_user_without_permissions_sees_nothing(server: Server, admin: HttpClient) -> None:
    register(admin, "a", "m")
    eve = user(server, admin)
    assert eve.get("/scouter/profiles").body["items"] == []
    assert eve.get("/scouter/spaces").body["spaces"] == []
    assert eve.post("/scouter/profiles", {"space": "a", "name": "m", "version": "0.1.0"}).status == 403


def test_lists_want_a_login(server: Server) -> None:
    nobody = HttpClient(server.address)
    assert nobody.get("/scouter/profiles").status == 401
    assert nobody.get("/scouter/spaces").status == 401
    assert nobody.post("/scouter/profiles", {"space": "a", "name": "m", "version": "0.1.0"}).status == 401


def test_the_profiles_of_a_version(admin: HttpClient) -> None:
    for kind in KINDS:
        register(admin, "s", "m", kind, active=kind == "Psi")
    register(admin, "s", "m")
    answer = admin.post("/scouter/profiles", {"space": "s", "name": "m", "version": "0.1.0"})
    assert answer.status == 200
    assert [(list(one["profile"]), one["active"]) for one in answer.body] == [
        (["Spc"], False),
        (["Psi"], True),
        (["Custom"], False),
    ]
    fetched = admin.get("/scouter/profile", space="s", name="m", version="0.1.0", drift_type="Spc").body
    assert answer.body[0]["profile"] == fetched


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize("wrong", [{"space": "t"}, {"name": "n"}, {"version": "0.1.1"}, {"version": "*"}])
def test_a_version_without_profiles_is_404(admin: HttpClient, wrong: dict[str, str]) -> None:
    register(admin, "s", "m")
    answer = admin.post("/scouter/profiles", {"space": "s", "name": "m", "version": "0.1.0", **wrong})
    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")
