"""The page on messages: is anything lost, what is in quarantine, and what admins do with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from scouter.server import Server
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.page_client import UI, PageClient
from tests.profile_documents import registration, spc_profile

HARMFUL = "<svg onload=alert(1)>\"'&\u202e\u0007"


def message(name: str, value: float = 1.0) -> bytes:
    """A record of a profile by its names, which may be registered later."""
    record = {"created_at": datetime.now(UTC).isoformat(), "space": "s", "name": name, "version": "0.1.0"}
    return json.dumps({"records": [{"Spc": {**record, "feature": "f0", "value": value}}]}).encode()


@pytest.fixture
def refused(admin: HttpClient) -> Callable[[bytes], str]:
    """The id under which a bad message is kept."""

    def send(body: bytes) -> str:
        answer = admin.send("POST", "/scouter/message", body)
        assert answer.status in (400, 422), answer
        kept: str = answer.body["quarantine_id"]
        return kept

    return send


def test_nobody_but_admins(visitor: PageClient, admin: HttpClient, refused: Callable[[bytes], str]) -> None:
    kept = refused(b"no json")
    user = {"username": "eve", "password": "eve's word", "email": "eve", "permissions": ["read:all", "write:all"]}
    assert admin.post("/scouter/user", user).status == 200
    visitor.sign_in("eve", "eve's word")
    for path in ("/messages", f"/messages/quarantine/{kept}", f"/messages/quarantine/{kept}/body"):
        assert visitor.get(path).status == 403
    assert visitor.post("/messages", do="delete").status == 403
    assert visitor.post(f"/messages/quarantine/{kept}", do="delete").status == 403
    assert admin.get(f"/scouter/quarantine/{kept}").status == 200


def test_the_sum_is_said_and_right(
    browser_of_admin: PageClient, admin: HttpClient, refused: Callable[[bytes], str]
) -> None:
    refused(b"no json either")
    assert admin.post("/scouter/profile", registration(spc_profile(name="summed"), legacy=True)).status == 200
    assert admin.send("POST", "/scouter/message", message("summed")).status == 200

    def agrees() -> bool:
        page, books = browser_of_admin.get("/messages"), admin.get("/scouter/ledger").body
        numbers = [int(each) for each in re.findall(r"\d+", said_sum(page.text))]
        return bool(numbers[0] == sum(numbers[1:]) == books["total"]["received"])

    eventually(agrees)
    text = browser_of_admin.get("/messages").text
    assert "Nothing is lost: what was accepted is stored, and" in text
    assert "undecodable" in text
    assert "They are no JSON." in text
    assert "Nothing waits." in text


def said_sum(text: str) -> str:
    """`96000 received = 95990 stored + 10 in quarantine`."""
    found = re.search(r"[\d\u202f]+ received = .*?, over all servers", text)
    assert found is not None, text
    return found.group().replace("\u202f", "")


def test_a_message_is_shown_as_text_whatever_it_is(
    browser_of_admin: PageClient, refused: Callable[[bytes], str]
) -> None:
    kept = refused(HARMFUL.encode())
    page = browser_of_admin.get(f"/messages/quarantine/{kept}")
    assert page.status == 200
    assert "<svg onload" not in page.html
    assert "&lt;svg onload=alert(1)&gt;&#34;&#39;&amp;\ufffd\ufffd</pre>" in page.html
    assert "\u202e" not in page.html
    assert "\u202e" not in browser_of_admin.get("/messages").html


def test_a_large_message_is_cut_and_saved_whole(browser_of_admin: PageClient, refused: Callable[[bytes], str]) -> None:
    body = b'{"a":' + "ü".encode() * 3_000_000
    kept = refused(body)
    page = browser_of_admin.get(f"/messages/quarantine/{kept}")
    assert len(page.html) < 40_000
    assert "The beginning of it." in page.text
    assert "Its first bytes" not in page.text
    saved = browser_of_admin.get(f"/messages/quarantine/{kept}/body")
    assert saved.data == body
    assert saved.headers["Content-Type"] == "application/octet-stream"
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in saved.headers["Content-Security-Policy"]


def test_what_is_no_text_is_shown_in_numbers_too(browser_of_admin: PageClient, refused: Callable[[bytes], str]) -> None:
    kept = refused(b"\x00\xff\xfe<b>PK\x03\x04")
    page = browser_of_admin.get(f"/messages/quarantine/{kept}")
    assert "0000 00 ff fe 3c 62 3e 50 4b 03 04 ...<b>PK.." in page.text
    assert "<b>PK" not in page.html


def test_replay_of_one(browser_of_admin: PageClient, admin: HttpClient, refused: Callable[[bytes], str]) -> None:
    kept = refused(message("later"))
    address = f"/messages/quarantine/{kept}"
    still = browser_of_admin.post(address, do="replay")
    assert still.status == 422
    assert "It is still wrong, and stays:" in still.text
    assert admin.post("/scouter/profile", registration(spc_profile(name="later"), legacy=True)).status == 200
    done = browser_of_admin.post(address, do="replay")
    assert (done.status, done.location) == (303, f"{UI}/messages?said=replayed-one")
    assert "It is stored now." in browser_of_admin.send("GET", done.location, None, {}).text
    assert browser_of_admin.get(address).status == 404
    assert browser_of_admin.post(address, do="replay").status == 404


def test_replay_of_a_reason(browser_of_admin: PageClient, admin: HttpClient, refused: Callable[[bytes], str]) -> None:
    first, second = refused(message("of a reason")), refused(message("never registered"))
    none = browser_of_admin.post("/messages", do="replay", reason="unknown_profile")
    assert none.location == f"{UI}/messages?reason=unknown_profile&said=replayed-none#quarantine"
    assert admin.post("/scouter/profile", registration(spc_profile(name="of a reason"), legacy=True)).status == 200
    some = browser_of_admin.post("/messages", do="replay", reason="unknown_profile")
    assert some.location == f"{UI}/messages?reason=unknown_profile&said=replayed#quarantine"
    assert admin.get(f"/scouter/quarantine/{first}").status == 404
    assert admin.get(f"/scouter/quarantine/{second}").status == 200


def test_deleting_asks_once_more(
    browser_of_admin: PageClient, admin: HttpClient, refused: Callable[[bytes], str]
) -> None:
    one, other = refused(b"to be deleted"), refused(b"to be deleted, too")
    asked = browser_of_admin.get(f"/messages/quarantine/{one}", ask="delete")
    assert "Delete this message?" in asked.text
    assert admin.get(f"/scouter/quarantine/{one}").status == 200
    assert browser_of_admin.post(f"/messages/quarantine/{one}", do="delete").status == 303
    assert admin.get(f"/scouter/quarantine/{one}").status == 404
    asked = browser_of_admin.get("/messages", reason="undecodable", ask="delete")
    assert re.search(r"Delete \d+ messages? from quarantine\?", asked.text)
    assert "Their reason: undecodable." in asked.text
    done = browser_of_admin.post("/messages", do="delete", reason="undecodable")
    assert done.location == f"{UI}/messages?said=deleted"
    assert admin.get(f"/scouter/quarantine/{other}").status == 404
    again = browser_of_admin.post("/messages", do="delete", reason="undecodable")
    assert again.location == f"{UI}/messages?said=nothing"


def test_the_list_has_pages(browser_of_admin: PageClient, refused: Callable[[bytes], str]) -> None:
    kept = {refused(b"{" + str(number).encode()) for number in range(60)}
    seen: set[str] = set()
    address = "/messages?reason=undecodable"
    while address:
        page = browser_of_admin.send("GET", address, None, {})
        listed = re.findall(r"/messages/quarantine/([0-9a-f-]{36})\"", page.html)
        assert len(listed) <= 50
        seen |= set(listed)
        next_page = re.search(r'rel="next" href="([^"]+)"', page.html)
        address = next_page.group(1).replace("&amp;", "&").partition("#")[0] if next_page else ""
    assert kept <= seen


@pytest.mark.parametrize("query", ["reason=boredom", "after=x", "transport=pigeon", "ask=why"])
def test_a_wrong_query_names_the_field(browser_of_admin: PageClient, query: str) -> None:
    page = browser_of_admin.get(f"/messages?{query}")
    assert page.status == 400
    assert f"{query.partition('=')[0]}:" in page.text


@pytest.mark.parametrize("entry_id", ["x", "0192f0c0-0000-7000-8000-000000000000", "%00", "..%2f..%2fetc"])
def test_what_is_not_in_quarantine(browser_of_admin: PageClient, entry_id: str) -> None:
    for path in (f"/messages/quarantine/{entry_id}", f"/messages/quarantine/{entry_id}/body"):
        assert browser_of_admin.get(path).status == 404


def test_going_on_after_a_stop(browser_of_admin: PageClient, server: Server) -> None:
    assert browser_of_admin.post("/messages", do="resume").location == f"{UI}/messages?said=nothing"
    assert server.address
