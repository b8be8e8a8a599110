"""The program as a user runs it: start, help, wrong settings, users, stop, crash."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from scouter.settings.settings import settings_table
from tests.conditions import children_of, eventually
from tests.http_client import HttpClient
from tests.profile_documents import registration, spc_profile
from tests.server_process import ROOT, PreparedServer, ServerProcess, free_port, let_others_enter


def program(*arguments: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SCOUTER_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, str(ROOT / "scouter.py"), *arguments],
        env={**clean, **environment},
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_help_lists_every_command_and_every_setting_with_its_default() -> None:
    shown = program("--help")
    assert shown.returncode == 0
    for command in ("serve", "migrate", "user", "quarantine", "maintain"):
        assert re.search(rf"^ +{command}\s", shown.stdout, re.MULTILINE)
    flat = " ".join(shown.stdout.split())
    for _, variable, default, why in settings_table():
        assert f"{variable} {why} Default: {default}." in flat


def test_wrong_settings_stop_the_start_all_at_once() -> None:
    secret = "short-secret"
    result = program(
        "serve",
        SCOUTER_SERVER_PORT="eighty",
        SCOUTER_ENCRYPT_SECRET=secret,
        KAFKA_OFFSET_RESET="middle",
        POLLING_WORKER_COUNT="-1",
        SCOUTER_STORAGE_URI="ftp://x",
        REDIS_ADDR="redis://localhost",
    )
    assert result.returncode == 2
    for variable in (
        *("SCOUTER_SERVER_PORT 'eighty'", "SCOUTER_ENCRYPT_SECRET", "KAFKA_OFFSET_RESET 'middle'"),
        *("POLLING_WORKER_COUNT '-1'", "SCOUTER_STORAGE_URI", "REDIS_ADDR"),
    ):
        assert variable in result.stderr
    assert secret not in result.stderr
    assert "Traceback" not in result.stderr


def test_a_database_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    result = program(
        "serve",
        DATABASE_URI="postgresql://someone:hidden-word@127.0.0.1:1/nothing",
        SCOUTER_DATABASE_WAIT_SECONDS="0.2",
        SCOUTER_SERVER_PORT=str(free_port()),
        SCOUTER_SERVER_HOST="127.0.0.1",
    )
    assert result.returncode == 2
    assert "127.0.0.1:1/nothing did not let us in" in result.stderr
    assert "hidden-word" not in result.stderr + result.stdout
    assert "Traceback" not in result.stderr


def test_an_unknown_setting_is_a_warning(tmp_path: Path) -> None:
    with PreparedServer(tmp_path, {"SCOUTER_SERVER_PROT": "1"}) as server:
        assert "SCOUTER_SERVER_PROT is not a setting of this server" in server.log


def test_a_second_start_on_a_taken_port_fails(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "first") as server:
        result = program(
            "serve",
            DATABASE_URI="embedded",
            SCOUTER_SERVER_PORT=str(server.port),
            SCOUTER_DATA_DIR=str(let_others_enter(tmp_path / "second")),
        )
        assert result.returncode == 2
        assert f"cannot listen on 127.0.0.1:{server.port}" in result.stderr
        assert HttpClient(server.url).login().token


def test_without_settings_the_first_users_are_those_that_clients_try(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        assert HttpClient(server.url, "admin", "admin").login().token
        assert HttpClient(server.url, "guest", "guest").login().token
        assert "127.0.0.1" in server.log


def test_the_known_password_on_an_open_address_is_a_warning(tmp_path: Path) -> None:
    with PreparedServer(tmp_path, {"SCOUTER_SERVER_HOST": "0.0.0.0"}) as server:  # noqa: S104
        assert "user 'admin' has the password that everybody knows" in server.log
        assert "user 'guest' has the password that everybody knows" in server.log


def test_where_no_known_users_are_wanted_the_admin_gets_a_password_that_is_shown_once(tmp_path: Path) -> None:
    """As in an image: the same embedded database, and nobody whose password everybody knows."""
    with ServerProcess(tmp_path, {"SCOUTER_KNOWN_USERS": "false"}) as server:
        for known in ("admin", "guest"):
            assert HttpClient(server.url, known, known).get("/scouter/auth/login").status == 401
        eventually(lambda: "It is shown this once" in server.log)
        shown = re.search(r"'admin' with the password (\S+)\n", server.log)
        assert shown is not None
        assert HttpClient(server.url, "admin", shown[1]).login().token
    with server:
        assert server.log.count(shown[1]) == 1


def test_a_stop_leaves_nothing_running_and_a_new_start_finds_everything(tmp_path: Path) -> None:
    server = PreparedServer(tmp_path).start()
    client = HttpClient(server.url).login()
    uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
    children = children_of(server.pid)
    assert children
    assert server.stop() == 0
    assert not any(alive(pid) for pid in children)
    with server:
        again = HttpClient(server.url).login()
        fetched = again.get("/scouter/profile", name="m", space="s", version="0.1.0", drift_type="Spc")
        assert fetched.body["Spc"]["config"]["uid"] == uid


def test_a_stop_waits_for_a_query_that_hangs_no_longer_than_it_may_take(tmp_path: Path) -> None:
    server = PreparedServer(tmp_path, {"SCOUTER_SHUTDOWN_SECONDS": "2"}).start()
    with closing(psycopg.connect(server.conninfo())) as blocker:  # closed only: its database goes with the server
        blocker.execute("LOCK TABLE profile IN ACCESS EXCLUSIVE MODE")  # those who look for due checks wait for it
        waiting = (
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted "
            "AND relation = 'profile'::regclass AND application_name NOT LIKE '%maintenance%'"  # which gives up
        )
        eventually(lambda: (blocker.execute(waiting).fetchone() or (0,))[0] > 0)
        assert server.stop() == 0
    assert "Postgres took too long to answer" in server.log
    assert "abandoned what took longer" not in server.log


def test_every_request_that_was_accepted_is_answered_when_the_server_stops(tmp_path: Path) -> None:
    server = PreparedServer(tmp_path).start()
    uid = HttpClient(server.url).login().post("/scouter/profile", registration(spc_profile())).body["uid"]
    senders = [Sender(server.url, uid, number) for number in range(8)]
    for sender in senders:
        sender.start()
    eventually(lambda: sum(len(sender.acknowledged) for sender in senders) > 50)
    server.terminate()
    for sender in senders:
        sender.join(30)
    assert server.wait() == 0
    assert "abandoned" not in server.log
    acknowledged = {value for sender in senders for value in sender.acknowledged}
    assert len(acknowledged) > 50
    with server, psycopg.connect(server.conninfo()) as connection:
        stored = [row[0] for row in connection.execute("SELECT value FROM spc_record").fetchall()]
    assert len(stored) == len(set(stored)), "nothing twice"
    assert acknowledged <= set(stored), "nothing that was acknowledged is missing"
    cut_off = {sender.last_sent for sender in senders} - acknowledged
    assert len(set(stored) - acknowledged - cut_off) == 0


class Sender(threading.Thread):
    """Sends numbered records on one kept connection until the server says good-bye."""

    def __init__(self, url: str, uid: str, number: int) -> None:
        super().__init__(name=f"sender-{number}")
        self._client = HttpClient(url).login()
        self._uid, self._number = uid, number
        self.acknowledged: list[float] = []
        self.last_sent = -1.0

    def run(self) -> None:
        for n in range(100_000):
            self.last_sent = float(self._number * 1_000_000 + n)
            record = {"created_at": stamp(), "uid": self._uid, "feature": "f0", "value": self.last_sent}
            try:
                answer = self._client.post("/scouter/message", {"records": [{"Spc": record}]})
            except OSError:  # sent on a connection that was closed in the same moment
                return
            assert answer.status == 200, answer
            self.acknowledged.append(self.last_sent)
            if answer.headers.get("Connection") == "close":
                return


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    server = PreparedServer(tmp_path).start()
    client = HttpClient(server.url).login()
    uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
    sender = Sender(server.url, uid, 1)
    sender.start()
    eventually(lambda: len(sender.acknowledged) > 10)
    server.kill()
    sender.join(30)
    with server, psycopg.connect(server.conninfo()) as connection:
        stored = [row[0] for row in connection.execute("SELECT value FROM spc_record").fetchall()]
    assert len(sender.acknowledged) > 10
    assert set(sender.acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))


def test_an_embedded_database_that_dies_is_started_again(tmp_path: Path) -> None:
    with PreparedServer(tmp_path) as server:
        client = HttpClient(server.url).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        for child in children_of(server.pid):
            os.kill(child, signal.SIGKILL)
        record = {"created_at": stamp(), "uid": uid, "feature": "f0", "value": 1.0}
        answer = client.post("/scouter/message", {"records": [{"Spc": record}]})
        assert answer.status == 200, answer
        eventually(lambda: "starting it again" in server.log)
        eventually(lambda: client.get("/scouter/ledger").body["total"]["stored"] == 1)


def stamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def test_users_are_made_beside_a_running_server_and_without_one(tmp_path: Path) -> None:
    environment = {"DATABASE_URI": "embedded", "SCOUTER_DATA_DIR": str(tmp_path / "data")}
    server = PreparedServer(tmp_path)
    with server:
        made = program(
            "user", "create", "ana", "--permission", "read:x", "--password-stdin", said="ana's word\n", **environment
        )
        assert (made.returncode, made.stdout) == (0, "created 'ana'\n"), made.stderr
        assert HttpClient(server.url, "ana", "ana's word").login().token
        listed = program("user", "list", **environment).stdout
        assert "ana\tana\tactive\tuser, read:x\n" in listed
        short = program("user", "create", "bob", "--password-stdin", said="7 chars\n", **environment)
        assert short.returncode == 1
        assert "8 to 1024 characters" in short.stderr
        assert "7 chars" not in short.stderr
        bearer = HttpClient(server.url, "ana", "ana's word").login()
        ended = program("user", "end-tokens", "ana", **environment)
        assert (ended.returncode, ended.stdout) == (0, "ended all tokens of 'ana'\n"), ended.stderr
        eventually(lambda: bearer.get("/scouter/auth/validate").status == 401)
        again = program("user", "create", "ana", "--password-stdin", said="another word\n", **environment)
        assert again.returncode == 1
        assert "taken" in again.stderr
    reset = program("user", "reset-password", "ana", **environment)
    assert reset.returncode == 0, reset.stderr
    password = reset.stdout.strip().rpartition(" ")[2]
    with server:
        assert HttpClient(server.url, "ana", password).login().token
        assert HttpClient(server.url, "ana", "ana's word").get("/scouter/auth/login").status == 401
    assert program("user", "reset-password", "nobody", **environment).returncode == 1
    assert program("user", "end-tokens", "nobody", **environment).returncode == 1


@pytest.mark.parametrize("json_lines", ["true", "false"])
def test_no_secret_is_ever_logged(tmp_path: Path, json_lines: str) -> None:
    password = "a-very-visible-password"
    environment = {"SCOUTER_DEFAULT_PASSWORD": password, "LOG_LEVEL": "debug", "LOG_JSON": json_lines}
    with PreparedServer(tmp_path, environment) as server:
        client = HttpClient(server.url, "admin", password).login()
        client.post("/scouter/profile", registration(spc_profile()))
        HttpClient(server.url, "admin", "another-visible-word").get("/scouter/auth/login")
        client.get("/scouter/nowhere")
        token = client.token
    assert token is not None
    for word in (password, "another-visible-word", token, token.rpartition(".")[2]):
        assert word not in server.log
