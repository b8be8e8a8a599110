"""Tags: on anything, and on profiles, whose spaces decide who may."""

from __future__ import annotations

from typing import Any

import pytest

from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.profile_documents import registration, spc_profile


def tag(entity_id: str, key: str = "env", value: str = "prod", entity_type: str = "service") -> dict[str, str]:
    return {"entity_type": entity_type, "entity_id": entity_id, "key": key, "value": value}


def add(client: HttpClient, *tags: dict[str, str]) -> None:
    answer = client.post("/scouter/tags", {"tags": list(tags)})
    assert (answer.status, answer.body["status"]) == (200, "success"), answer


def tags_of(client: HttpClient, entity_id: str, entity_type: str = "service") -> list[dict[str, str]]:
    answer = client.get("/scouter/tags", entity_type=entity_type, entity_id=entity_id)
    assert answer.status == 200, answer
    listed: list[dict[str, str]] = answer.body["tags"]
    return listed


def search(client: HttpClient, *pairs: tuple[str, str], **more: Any) -> list[str]:
    wanted = [{"key": key, "value": value} for key, value in pairs]
    answer = client.post("/scouter/tags/entity", {"entity_type": "service", "tags": wanted, **more})
    assert answer.status == 200, answer
    found: list[str] = answer.body["entity_id"]
    return found


@pytest.fixture
def uid(admin: HttpClient) -> str:
    made: str = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    return made


def test_tags_come_back_by_key_and_repeating_is_harmless(admin: HttpClient) -> None:
    add(admin, tag("abc", "z", "1"), tag("abc", "a", "2"), tag("abc", "a", "1"), tag("abc", "a", "1"))
    add(admin, tag("abc", "z", "1"), tag("abc", "a", "2", entity_type="trace"), tag("abd", "b"))
    assert tags_of(admin, "abc") == [tag("abc", "a", "1"), tag("abc", "a", "2"), tag("abc", "z", "1")]
    assert tags_of(admin, "abc", "trace") == [tag("abc", "a", "2", entity_type="trace")]
    assert tags_of(admin, "nobody") == []
    add(admin)


@pytest.mark.parametrize("path", ["/scouter/message", "/scouter/drift"])
def test_a_message_may_be_a_tag(admin: HttpClient, path: str) -> None:
    for _ in range(2):  # the second finds it there
        answer = admin.post(path, tag("abc"))
        assert (answer.status, answer.body["status"], answer.body["stored"]) == (200, "success", 1)
    assert tags_of(admin, "abc") == [tag("abc")]
    for name in ("entity_type", "entity_id", "key", "value"):
        lacking = {key: value for key, value in tag("abc").items() if key != name}
        answer = admin.post(path, lacking)
        assert (answer.status, answer.body["field"]) == (400, name)


def test_search_matches_any_or_all_also_two_values_of_one_key(admin: HttpClient) -> None:
    add(admin, tag("one", "team", "a"), tag("one", "team", "b"), tag("one", "env", "prod"))
    add(admin, tag("two", "team", "a"), tag("two", "env", "prod"), tag("trace", "team", "a", entity_type="trace"))
    add(admin, tag("three", "team", "b"))
    a, b, prod = ("team", "a"), ("team", "b"), ("env", "prod")
    assert search(admin, a) == ["one", "two"]
    assert search(admin, a, b) == ["one", "three", "two"]
    assert search(admin, a, b, match_all=True) == ["one"]
    assert search(admin, a, prod, match_all=True) == ["one", "two"]
    assert search(admin, a, a, match_all=True) == ["one", "two"], "asking twice is asking once"
    assert search(admin, a, ("team", "c"), match_all=True) == []
    assert search(admin, ("team", "c")) == []


def test_search_has_pages(admin: HttpClient) -> None:
    add(admin, *(tag(f"e{n}") for n in range(5)))
    wanted: dict[str, Any] = {"entity_type": "service", "tags": [{"key": "env", "value": "prod"}], "limit": 2}
    first = admin.post("/scouter/tags/entity", wanted).body
    assert first == {"entity_id": ["e0", "e1"], "has_more": True}
    assert admin.post("/scouter/tags/entity", {**wanted, "after": "e3"}).body == {
        "entity_id": ["e4"],
        "has_more": False,
    }


def test_the_longest_texts_fit(admin: HttpClient) -> None:
    longest = tag("\U0001f600" * 200, "\U0001f601" * 200, "".join(chr(0x4E00 + n * 7) for n in range(1000)))
    longest["entity_type"] = "\U0001f602" * 200
    add(admin, longest)
    assert tags_of(admin, longest["entity_id"], longest["entity_type"]) == [longest]
    add(admin, tag("abc", "k", ""), tag("abc", "k", "two\nlines"))
    assert [one["value"] for one in tags_of(admin, "abc")] == ["", "two\nlines"]


@pytest.mark.shares_server
@pytest.mark.parametrize(
    "bad",
    [
        {"entity_type": ""},
        {"entity_type": "x" * 201},
        {"entity_id": ""},
        {"entity_id": "x" * 201},
        {"key": ""},
        {"key": "x" * 201},
        {"key": "a\x00"},
        {"value": "x" * 1001},
        {"value": "a\x00"},
        {"value": 5},
    ],
)
def test_a_tag_out_of_bounds_is_refused_with_all_of_its_message(admin: HttpClient, bad: dict[str, Any]) -> None:
    [name] = bad
    answer = admin.post("/scouter/tags", {"tags": [tag("abc"), {**tag("abc", "other"), **bad}]})
    assert (answer.status, answer.body["field"]) == (400, f"tags[1].{name}")
    answer = admin.post("/scouter/message", {**tag("abc"), **bad})
    assert (answer.status, answer.body["field"]) == (400, name)
    assert tags_of(admin, "abc") == []


def test_a_bad_question_is_told_what_is_wrong(admin: HttpClient) -> None:
    for query in ({"entity_id": "x" * 201}, {"entity_id": "\x00"}, {"entity_id": None}, {"entity_type": "x" * 201}):
        assert admin.get("/scouter/tags", **{"entity_type": "service", "entity_id": "abc", **query}).status == 400
    body: dict[str, Any] = {"entity_type": "service", "tags": [{"key": "k", "value": "v"}]}
    changes: tuple[dict[str, Any], ...] = (
        {"tags": []},
        {"tags": [{"key": "k"}]},
        {"limit": 0},
        {"limit": 10_001},
        {"match_all": 1},
    )
    for change in changes:
        assert admin.post("/scouter/tags/entity", {**body, **change}).status == 400


def test_the_space_of_a_profile_decides_about_its_tags(
    admin: HttpClient,
    log_in: LogIn,  # noqa: F811
    uid: str,
) -> None:
    add(admin, tag(uid), tag("abc"))
    other, reader, writer = log_in("a", "read:o", "write:o"), log_in("b", "read:s"), log_in("c", "write:s")
    query = {"entity_type": "service", "entity_id": uid}
    assert [client.get("/scouter/tags", **query).status for client in (other, reader, writer)] == [403, 200, 403]
    for path, body in (
        ("/scouter/tags", {"tags": [tag("abc", "k"), tag(uid, "k")]}),
        ("/scouter/message", tag(uid, "k")),
    ):
        assert [client.post(path, body).status for client in (other, reader, writer)] == [403, 403, 200]
    assert search(other, ("env", "prod")) == ["abc"]
    assert search(reader, ("env", "prod")) == sorted(["abc", uid])
    assert tags_of(other, "abc") == [tag("abc"), tag("abc", "k")], "refused messages left nothing of theirs"


def test_tags_on_other_things_are_for_everybody_with_a_space(
    log_in: LogIn,  # noqa: F811
) -> None:
    nobody, writer, reader = log_in("nobody"), log_in("w", "write:x"), log_in("r", "read:y")
    add(writer, tag("abc"))
    assert tags_of(reader, "abc") == [tag("abc")]
    assert reader.post("/scouter/tags", {"tags": [tag("abc")]}).status == 403
    assert writer.get("/scouter/tags", entity_type="service", entity_id="abc").status == 403
    body = {"entity_type": "service", "tags": [{"key": "env", "value": "prod"}]}
    assert nobody.post("/scouter/tags", {"tags": [tag("abc")]}).status == 403
    assert nobody.post("/scouter/message", tag("abc")).status == 403
    assert nobody.get("/scouter/tags", entity_type="service", entity_id="abc").status == 403
    assert nobody.post("/scouter/tags/entity", body).status == 403


def test_every_route_wants_a_token(server: Server) -> None:
    client = HttpClient(server.address)
    assert client.get("/scouter/tags", entity_type="service", entity_id="abc").status == 401
    for path in ("/scouter/tags", "/scouter/tags/entity", "/scouter/message"):
        assert client.post(path, {}).status == 401


def test_tags_go_with_their_profile(admin: HttpClient, pool: Pool, uid: str) -> None:
    add(admin, tag(uid), tag("abc"))
    with pool.connection() as connection:
        connection.execute("DELETE FROM entity WHERE uid = %s", (uid,))
        assert connection.execute("SELECT entity_id FROM tag").fetchall() == [("abc",)]
