"""Users over HTTP: who may do what, what takes effect when, and the admin who always remains."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from scouter.errors import LastAdmin, StartRefused
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables import users
from scouter.server import Server
from scouter.settings.users import UserSettings
from scouter.users.accounts import change as change_account
from scouter.users.accounts import create
from scouter.users.first_users import make_first_users
from scouter.wire.users import CreateUserRequest, UpdateUserRequest
from tests.http_client import Answer, HttpClient
from tests.integration.conftest import settings_for

BOOTSTRAP_KEY = "a bootstrap key of the tests"


def new_user(username: str, **more: Any) -> dict[str, Any]:
    return {"username": username, "password": f"{username}'s word", "email": f"{username}@x", **more}


def make(admin: HttpClient, username: str, **more: Any) -> Answer:
    answer = admin.post("/scouter/user", new_user(username, **more))
    assert answer.status == 200, answer
    return answer


def logged_in(server: Server, username: str, password: str | None = None) -> HttpClient:
    return HttpClient(server.address, username, password or f"{username}'s word").login()


def change(client: HttpClient, username: str, **what: Any) -> Answer:
    return client.put(f"/scouter/user/{quote(username, safe='')}", what)


def column(database: str, username: str, name: str) -> Any:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        statement = f"SELECT {name} FROM app_user WHERE username = %s"
        row = connection.execute(statement.encode(), (username,)).fetchone()
    assert row is not None
    return row[0]


def test_a_new_user_has_the_defaults_and_can_log_in(server: Server, admin: HttpClient) -> None:
    body = make(admin, "ana").body
    assert body["user"] == {
        "username": "ana",
        "email": "ana@x",
        "active": True,
        "role": "user",
        "permissions": ["read:all"],
        "group_permissions": ["user"],
        "favorite_spaces": [],
    }
    assert isinstance(body["message"], str)
    assert logged_in(server, "ana").get("/scouter/user/ana").body == body["user"]


def test_a_new_user_is_as_asked_for(server: Server, admin: HttpClient) -> None:
    asked = {
        "permissions": ["read:a b", "write:ü", "delete:all"],
        "group_permissions": ["user", "admin"],
        "role": "robot",
        "active": False,
    }
    doubled = {**asked, "permissions": [*asked["permissions"], "read:a b"]}  # type: ignore[misc]
    user = make(admin, "ana", **doubled).body["user"]
    assert {key: user[key] for key in asked} == asked
    assert HttpClient(server.address, "ana", "ana's word").get("/scouter/auth/login").status == 401, "not active"


def test_null_stands_for_the_default(admin: HttpClient) -> None:
    nulls: dict[str, Any] = {"permissions": None, "group_permissions": None, "role": None, "active": None}
    user = make(admin, "ana", **nulls).body["user"]
    assert (user["permissions"], user["group_permissions"]) == (["read:all"], ["user"])
    assert (user["role"], user["active"]) == ("user", True)


def test_recovery_codes_are_shown_once_and_kept_as_hashes(admin: HttpClient, database: str) -> None:
    codes = make(admin, "ana").body["recovery_codes"]
    assert [len(code) for code in codes] == [16] * 4
    assert len(set(codes)) == 4
    kept = column(database, "ana", "recovery_code_hashes")
    assert kept == [f"sha256${hashlib.sha256(code.encode()).hexdigest()}" for code in codes]
    for answer in (admin.get("/scouter/user"), admin.get("/scouter/user/ana")):
        assert not any(secret in json.dumps(answer.body) for secret in (*codes, *kept, "argon2"))


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize("taken", [{"username": "guest"}, {"email": "guest"}])
def test_a_taken_name_or_email_is_a_conflict(admin: HttpClient, taken: dict[str, str]) -> None:
    answer = admin.post("/scouter/user", {**new_user("ana"), **taken})
    assert (answer.status, answer.body["code"]) == (409, "CONFLICT")


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a/b"}, "username"),
        ({"username": ".."}, "username"),
        ({"username": "a\n"}, "username"),
        ({"username": "a" * 201}, "username"),
        ({"password": ""}, "password"),
        ({"password": "sevenaa"}, "password"),
        ({"password": "p" * 1025}, "password"),
        ({"password": "password\x00"}, "password"),
        ({"password": " password"}, "password"),
        ({"email": ""}, "email"),
        ({"permissions": ["read"]}, "permissions[0]"),
        ({"permissions": ["read:a", "read:"]}, "permissions[1]"),
        ({"permissions": ["own:a"]}, "permissions[0]"),
        ({"permissions": ["read:" + "s" * 201]}, "permissions[0]"),
        ({"permissions": ["read:a\x00"]}, "permissions[0]"),
        ({"permissions": ["read:a"] * 1001}, "permissions"),
        ({"group_permissions": ["root"]}, "group_permissions[0]"),
        ({"active": "yes"}, "active"),
    ],
)
def test_a_refused_user_is_told_the_field(admin: HttpClient, wrong: dict[str, Any], field: str) -> None:
    answer = admin.post("/scouter/user", {**new_user("ana"), **wrong})
    assert (answer.status, answer.body["field"]) == (400, field)
    assert answer.body["accepted"]
    assert admin.get("/scouter/user/ana").status == 404


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize(
    "body",
    [
        {"username": "ana", "email": "e", "password": ["my secret"]},
        {"username": "ana", "email": "e", "password": "my secret" * 200},
        {"username": "ana", "email": "e", "password": "my secret\x00"},
        [{"username": "ana", "password": "my secret"}],
        "my secret",
    ],
)
def test_no_error_shows_a_password(admin: HttpClient, body: Any) -> None:
    for answer in (admin.post("/scouter/user", body), admin.put("/scouter/user/admin", body)):
        assert answer.status == 400
        assert "my secret" not in json.dumps(answer.body)
        assert answer.body["value"] == "(hidden)"


@pytest.mark.parametrize("password", ["voilà la", "p" * 1024, "a b  c d", "ключ от1", "…" * 8])
def test_every_accepted_password_logs_in(server: Server, admin: HttpClient, password: str) -> None:
    make(admin, "ana", password=password)
    sent = {"username": "ana", "password": password.encode().decode("latin-1")}
    assert HttpClient(server.address).send("GET", "/scouter/auth/login", headers=sent).status == 200


def test_a_name_with_reserved_characters_goes_round(admin: HttpClient) -> None:
    name = "a b?d&e=f+g%h'\"ü…"
    make(admin, name)
    path = f"/scouter/user/{quote(name, safe='')}"
    assert admin.get(path).body["username"] == name
    assert admin.delete(path).status == 200
    assert admin.get(path).status == 404


def test_the_list_has_everybody(admin: HttpClient) -> None:
    make(admin, "ana")
    assert [user["username"] for user in admin.get("/scouter/user").body["users"]] == ["admin", "ana", "guest"]


def test_who_may_do_what(server: Server, admin: HttpClient) -> None:
    make(admin, "ana", permissions=["read:all", "write:all", "delete:all"])
    ana = logged_in(server, "ana")
    refused = [
        ana.post("/scouter/user", new_user("eve")),
        ana.get("/scouter/user"),
        ana.get("/scouter/user/guest"),
        ana.get("/scouter/user/nobody"),
        change(ana, "guest", password="password"),
        change(ana, "nobody", password="password"),
        ana.delete("/scouter/user/guest"),
        ana.delete("/scouter/user/ana"),
    ]
    assert [answer.status for answer in refused] == [403] * len(refused)
    nobody = HttpClient(server.address)
    unknown = [
        nobody.post("/scouter/user", new_user("eve")),
        nobody.get("/scouter/user"),
        nobody.get("/scouter/user/ana"),
        change(nobody, "ana", password="password"),
        nobody.delete("/scouter/user/ana"),
    ]
    assert [answer.status for answer in unknown] == [401] * len(unknown)
    assert ana.get("/scouter/user/ana").status == 200
    assert change(ana, "ana", favorite_spaces=["a", "b", "a"]).body["favorite_spaces"] == ["a", "b"]


def test_what_only_admins_set_is_ignored_from_others(server: Server, admin: HttpClient) -> None:
    before = make(admin, "ana").body["user"]
    ana = logged_in(server, "ana")
    answer = change(ana, "ana", permissions=["write:all"], group_permissions=["admin"], active=False)
    assert (answer.status, answer.body) == (200, before)


def test_only_what_is_given_changes(admin: HttpClient, database: str) -> None:
    make(admin, "ana", permissions=["read:a"])
    credential = column(database, "ana", "credential_version")
    change(admin, "ana", favorite_spaces=["a"], password=None)
    after = change(admin, "ana", permissions=["write:b", "read:b", "write:b"]).body
    assert after["permissions"] == ["write:b", "read:b"]
    assert after["favorite_spaces"] == ["a"]
    assert (after["active"], after["group_permissions"]) == (True, ["user"])
    assert column(database, "ana", "credential_version") == credential
    assert change(admin, "ana", permissions=[]).body["permissions"] == []


def test_a_changed_password_counts_at_once(server: Server, admin: HttpClient) -> None:
    make(admin, "ana")
    ana = logged_in(server, "ana")
    assert change(ana, "ana", password="another word", current_password="ana's word").status == 200
    assert ana.get("/scouter/user/ana").status == 401
    assert HttpClient(server.address, "ana", "ana's word").get("/scouter/auth/login").status == 401
    assert logged_in(server, "ana", "another word").get("/scouter/user/ana").status == 200


def test_a_token_alone_changes_no_password(server: Server, admin: HttpClient, database: str) -> None:
    make(admin, "ana")
    before = column(database, "ana", "password_hash")
    for client, name in ((logged_in(server, "ana"), "ana"), (admin, "admin")):
        absent = change(client, name, password="another word")
        assert (absent.status, absent.body["field"]) == (400, "current_password")
        wrong = change(client, name, password="another word", current_password="a wrong word")
        assert (wrong.status, wrong.body["code"]) == (403, "PERMISSION_DENIED")
        assert "a wrong word" not in json.dumps(wrong.body)
        assert client.get(f"/scouter/user/{name}").status == 200, "the token is as good as before"
    assert column(database, "ana", "password_hash") == before
    assert change(admin, "ana", password="another word").status == 200, "an admin gives others a new one"


def test_the_present_password_cannot_be_guessed_with_a_token(server: Server, admin: HttpClient) -> None:
    make(admin, "ana")
    ana = HttpClient(server.address, "ana", "not sent along")
    ana.token = logged_in(server, "ana").token
    guesses = [change(ana, "ana", password="another word", current_password=f"guess {n}").status for n in range(12)]
    assert guesses == [403] * 10 + [429] * 2
    assert change(ana, "ana", favorite_spaces=["s"]).status == 200, "what needs no password goes on"


def test_a_log_out_ends_every_token_of_its_user_and_of_nobody_else(server: Server, admin: HttpClient) -> None:
    make(admin, "ana", permissions=["write:shop"])
    here, elsewhere = logged_in(server, "ana"), logged_in(server, "ana")
    answer = here.post("/scouter/auth/logout", {})
    assert (answer.status, answer.body["status"]) == (200, "success")
    assert [client.get("/scouter/auth/validate").status for client in (here, elsewhere)] == [401, 401]
    assert admin.get("/scouter/auth/validate").status == 200
    assert HttpClient(server.address, "", "").post("/scouter/auth/logout", {}).status == 401
    renewed = elsewhere.post("/scouter/message", {"records": []})
    assert renewed.status == 200, "the published clients send name and password, and go on"
    assert renewed.headers["Authorization"].startswith("Bearer ")
    assert logged_in(server, "ana").get("/scouter/user/ana").status == 200


def test_changed_rights_count_at_once(server: Server, admin: HttpClient) -> None:
    make(admin, "ana")
    ana = logged_in(server, "ana")
    profiles = {"space": "s", "name": "m", "version": "1.0.0"}
    assert ana.post("/scouter/profiles", profiles).status == 404
    change(admin, "ana", permissions=["read:t"])
    assert ana.post("/scouter/profiles", profiles).status == 403
    change(admin, "ana", group_permissions=["admin"])
    assert ana.get("/scouter/user").status == 200
    change(admin, "ana", group_permissions=["user"])
    assert ana.get("/scouter/user").status == 403
    change(admin, "ana", active=False)
    assert ana.get("/scouter/user/ana").status == 401
    change(admin, "ana", active=True)
    assert ana.get("/scouter/user/ana").status == 200
    assert admin.delete("/scouter/user/ana").status == 200
    assert ana.get("/scouter/user/ana").status == 401


def test_a_user_made_again_is_somebody_else(server: Server, admin: HttpClient) -> None:
    make(admin, "ana")
    before = logged_in(server, "ana")
    admin.delete("/scouter/user/ana")
    make(admin, "ana", password="another word")
    assert before.get("/scouter/user/ana").status == 401


def test_an_unknown_user_is_404(admin: HttpClient) -> None:
    answers = [
        admin.get("/scouter/user/nobody"),
        change(admin, "nobody", active=False),
        change(admin, "nobody", password="password"),
        admin.delete("/scouter/user/nobody"),
        admin.get("/scouter/user/a%00b"),
        change(admin, "a\x00b", password="password"),
        admin.delete("/scouter/user/a%00b"),
    ]
    assert [(answer.status, answer.body["code"]) for answer in answers] == [(404, "NOT_FOUND")] * len(answers)


def test_the_last_active_admin_stays(server: Server, admin: HttpClient) -> None:
    make(admin, "sleeping", group_permissions=["admin"], active=False)
    make(admin, "titled", role="admin")
    attempts = [
        change(admin, "admin", group_permissions=["user"]),
        change(admin, "admin", group_permissions=[]),
        change(admin, "admin", active=False),
        admin.delete("/scouter/user/admin"),
    ]
    assert [(answer.status, answer.body["code"]) for answer in attempts] == [(403, "CONFLICT")] * len(attempts)
    assert admin.get("/scouter/user/admin").body["group_permissions"] == ["admin"]
    change(admin, "sleeping", active=True)
    assert change(admin, "admin", group_permissions=["user"]).status == 200
    sleeping = logged_in(server, "sleeping")
    assert sleeping.delete("/scouter/user/sleeping").status == 403
    assert sleeping.delete("/scouter/user/admin").status == 200


@pytest.mark.parametrize(
    "what", [{"group_permissions": []}, {"active": False}, None], ids=["demote", "deactivate", "delete"]
)
def test_two_admins_cannot_both_remove_the_other(
    server: Server, admin: HttpClient, what: dict[str, Any] | None
) -> None:
    make(admin, "other", group_permissions=["admin"])
    rivals = {"other": HttpClient(server.address).login(), "admin": logged_in(server, "other")}

    def remove(victim: str) -> int:
        by = rivals[victim]
        return (by.delete(f"/scouter/user/{victim}") if what is None else change(by, victim, **what)).status

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(remove, rivals))
    # Whoever comes second has lost its rights already, or is the last admin.
    assert statuses[0] == 200
    assert statuses[1] in {401, 403}


def test_who_ends_an_admin_waits_for_who_is_ending_another(pool: Pool) -> None:
    demoted = UpdateUserRequest(group_permissions=[])
    with pool.connection() as first:
        create(first, CreateUserRequest("other", "p", "other", group_permissions=["admin"]))

    def second() -> None:
        with pool.connection() as connection:
            change_account(connection, "other", demoted, by_admin=True)

    with ThreadPoolExecutor(1) as thread:
        with pool.connection() as first:
            change_account(first, "admin", demoted, by_admin=True)
            waiting = thread.submit(second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        with pytest.raises(LastAdmin):
            waiting.result(timeout=5)


def test_changes_at_the_same_moment_do_not_undo_each_other(server: Server, admin: HttpClient) -> None:
    make(admin, "ana")
    changes: list[dict[str, Any]] = [
        {"permissions": ["read:x"]},
        {"favorite_spaces": ["x"]},
        {"group_permissions": []},
        {"password": "another word"},
    ]

    def send(what: dict[str, Any]) -> int:
        client = HttpClient(server.address).login()
        return change(client, "ana", **what).status

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, changes)) == [200] * 4
    ana = logged_in(server, "ana", "another word").get("/scouter/user/ana").body
    assert (ana["permissions"], ana["favorite_spaces"], ana["group_permissions"]) == (["read:x"], ["x"], [])


def test_the_bootstrap_key_makes_users_and_nothing_else(database: str, tmp_path: Path) -> None:
    running = Server(settings_for(database, tmp_path, SCOUTER_BOOTSTRAP_KEY=BOOTSTRAP_KEY))
    running.start()
    try:
        client = HttpClient(running.address, "", "")
        body = json.dumps(new_user("ana", group_permissions=["admin"])).encode()

        def send(method: str, path: str, key: str = BOOTSTRAP_KEY) -> int:
            return client.send(method, path, body, {"x-bootstrap-token": key}).status

        assert send("POST", "/scouter/user", "wrong") == 401
        assert send("POST", "/scouter/user", BOOTSTRAP_KEY + "x") == 401
        assert send("POST", "/scouter/user", "") == 401
        assert send("POST", "/scouter/user") == 200
        others = [("GET", "/scouter/user"), ("PUT", "/scouter/user/admin"), ("DELETE", "/scouter/user/admin")]
        others += [("POST", "/scouter/profile"), ("POST", "/scouter/message")]
        assert [send(*other) for other in others] == [401] * len(others)
        assert logged_in(running, "ana").get("/scouter/user").status == 200
    finally:
        running.stop()


def test_without_a_configured_key_bootstrapping_is_off(server: Server) -> None:
    client = HttpClient(server.address, "", "")
    body = json.dumps(new_user("ana")).encode()
    for key in ("", "None", BOOTSTRAP_KEY):
        assert client.send("POST", "/scouter/user", body, {"x-bootstrap-token": key}).status == 401


@pytest.mark.parametrize(
    ("password", "trying_out", "is_private", "is_taken"),
    [
        ("7 chars", False, False, False),
        ("admin", False, False, False),
        ("7 chars", True, False, False),
        ("admin", True, False, True),
        ("admin", False, True, True),
        ("8 chars!", False, False, True),
        (None, False, False, True),
    ],
)
def test_a_short_first_password_is_for_those_who_try_it_out_alone(
    pool: Pool, password: str | None, trying_out: bool, is_private: bool, is_taken: bool
) -> None:
    settings = UserSettings(default_password=password)
    with pool.connection() as connection:
        connection.execute("DELETE FROM app_user")
        if is_taken:
            assert make_first_users(connection, settings, trying_out=trying_out, is_private=is_private)
            return
        with pytest.raises(StartRefused, match="SCOUTER_DEFAULT_PASSWORD has fewer than 8 characters") as refused:
            make_first_users(connection, settings, trying_out=trying_out, is_private=is_private)
        assert str(password) not in str(refused.value)
        assert users.all_users(connection) == []
