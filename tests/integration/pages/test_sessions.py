"""Signing in and out, and what a browser may not be led to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from scouter.auth.page_tokens import LONGEST_SESSION, PAGE_LIFETIME, PageTokens
from scouter.server import Server
from tests.http_client import HttpClient
from tests.page_client import UI, PageClient


def key_of(database: str) -> str:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        row = connection.execute("SELECT value FROM server_secret WHERE name = 'access_token_key'").fetchone()
    assert row is not None
    return str(row[0])


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_whoever_is_not_signed_in_is_led_to_the_way_in_and_back(visitor: PageClient) -> None:
    asked = visitor.get("/connect", last="7d")
    assert (asked.status, asked.location) == (303, f"{UI}/sign-in?next=%2Fscouter%2Fui%2Fconnect%3Flast%3D7d")
    form = visitor.send("GET", asked.location, None, {})
    assert 'name="next" value="/scouter/ui/connect?last=7d"' in form.html
    signed_in = visitor.post(
        "/sign-in",
        do="sign-in",
        username="admin",
        password="admin",
        next=f"{UI}/connect?last=7d",
        zone="Asia/Kathmandu",
    )
    assert (signed_in.status, signed_in.location) == (303, f"{UI}/connect?last=7d")
    page = visitor.send("GET", signed_in.location, None, {})
    assert page.status == 200
    assert "all times Asia/Kathmandu (UTC+5:45)" in page.text


def test_the_cookie_is_for_pages_alone(visitor: PageClient, server: Server) -> None:
    signed_in = visitor.post("/sign-in", do="sign-in", username="admin", password="admin")
    (cookie,) = signed_in.cookies
    for said in ("scouter_session=", "HttpOnly", "SameSite=Lax", "Path=/scouter/ui", "Max-Age=43200"):
        assert said in cookie
    token = visitor.cookies["scouter_session"]
    with HttpClient(server.address) as program:
        ways = ({"cookie": f"scouter_session={token}"}, {"cookie": f"access_token={token}"}, bearer(token))
        for headers in ways:
            nobody = {"username": "", "password": ""}
            assert program.send("GET", "/scouter/profiles", headers={**nobody, **headers}).status == 401
        program.login()
        visitor.cookies["scouter_session"] = program.token or ""
    assert visitor.get("/connect").status == 303  # nor the other way round


def test_every_failure_is_told_the_same(visitor: PageClient) -> None:
    answers = [
        visitor.post("/sign-in", do="sign-in", username=name, password=word)
        for name, word in (("admin", "wrong"), ("nobody", "admin"), ("admin", "x" * 2000), ("\x00", "admin"))
    ]
    assert {answer.status for answer in answers} == {401}
    assert all("Wrong name or password." in answer.text and not answer.cookies for answer in answers)


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example/", "/scouter/ui//evil.example", "/scouter/ui/\\evil", "/scouter/profiles",
     "/scouter/ui/\r\nSet-Cookie: a=b", "javascript:alert(1)", "/scouter/uievil", ""],
)  # fmt: skip
def test_nobody_is_led_elsewhere(visitor: PageClient, elsewhere: str) -> None:
    answer = visitor.post("/sign-in", do="sign-in", username="admin", password="admin", next=elsewhere)
    assert (answer.status, answer.location) == (303, f"{UI}/")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://{host}"}, 303),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://{host}"}, 403),
        ({}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(visitor: PageClient, headers: dict[str, str], status: int) -> None:
    sent = {name: value.replace("{host}", visitor.url.partition("//")[2]) for name, value in headers.items()}
    assert visitor.post("/sign-in", sent, do="sign-in", username="admin", password="admin").status == status
    assert ("scouter_session" in visitor.cookies) is (status == 303)


def test_a_session_ends_where_it_is_signed_out(visitor: PageClient, server: Server) -> None:
    visitor.sign_in()
    kept = dict(visitor.cookies)
    answer = visitor.post("/sign-out", do="sign-out")
    assert (answer.status, answer.location) == (303, f"{UI}/sign-in?said=signed-out")
    assert "scouter_session" not in visitor.cookies
    visitor.cookies = kept
    assert visitor.get("/connect").status == 303
    with PageClient(server.address) as other:
        assert other.sign_in().get("/connect").status == 200


def test_no_get_ends_a_session(browser_of_admin: PageClient) -> None:
    assert browser_of_admin.get("/sign-out").status == 405
    assert browser_of_admin.get("/connect").status == 200


def test_a_new_password_ends_sessions(browser_of_admin: PageClient, admin: HttpClient) -> None:
    assert admin.post("/scouter/auth/logout", {}).status == 200
    assert browser_of_admin.get("/connect").status == 303


def test_a_session_is_renewed_for_a_week_at_most(visitor: PageClient, database: str) -> None:
    tokens, now = PageTokens(key_of(database)), datetime.now(UTC)
    version = 1
    visitor.sign_in()
    first = tokens.read(visitor.cookies["scouter_session"], now)
    assert first is not None
    version = first.credential_version
    assert not visitor.get("/connect").cookies
    old = tokens.issue("admin", version, now - PAGE_LIFETIME / 2 - timedelta(minutes=1))
    visitor.cookies["scouter_session"] = old
    assert visitor.get("/connect").cookies
    renewed = tokens.read(visitor.cookies["scouter_session"], now)
    before = tokens.read(old, now)
    assert renewed is not None
    assert before is not None
    assert renewed.identity == before.identity
    assert renewed.signed_in == before.signed_in
    assert tokens.renewed(renewed, before.signed_in + LONGEST_SESSION) is None


def test_an_expired_session_is_told_why(visitor: PageClient, database: str) -> None:
    visitor.sign_in()
    tokens, now = PageTokens(key_of(database)), datetime.now(UTC)
    first = tokens.read(visitor.cookies["scouter_session"], now)
    assert first is not None
    visitor.cookies["scouter_session"] = tokens.issue("admin", first.credential_version, now - timedelta(hours=13))
    answer = visitor.get("/connect")
    assert answer.location.endswith("&expired=1")
    assert "You were signed out after twelve hours." in visitor.send("GET", answer.location, None, {}).text


def test_tokens_that_are_none(visitor: PageClient) -> None:
    for token in ("", "a.b.c", "x" * 5000, "eyJhbGciOiJub25lIn0.e30.", "ü"):
        visitor.cookies["scouter_session"] = token.encode().decode("latin-1")
        assert visitor.get("/connect").status == 303
