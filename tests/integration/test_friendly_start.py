"""The first lines of a real server, on a terminal and through a pipe, and what is said when something takes long."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from scouter.postgres.schema.migrations import known_migrations
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.program_on_terminal import ProgramOnTerminal
from tests.server_process import ROOT, ServerProcess, free_port, let_others_enter

GREETING = 10  # lines
FIRST_START = 14  # with migrations, partitions, and a copy of Postgres where another account runs it
_MIGRATION_LOCK = "SELECT pg_advisory_lock(hashtext('scouter_py.migrate'))"
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) +scouter[\w.]*: ")


def environment_of(directory: Path) -> dict[str, str]:
    """Of an embedded database there, on the address of this machine alone."""
    return {
        **{"DATABASE_URI": "", "SCOUTER_DATA_DIR": str(let_others_enter(directory) / "data")},
        **{"SCOUTER_SERVER_PORT": str(free_port()), "SCOUTER_STORAGE_URI": str(directory / "store")},
    }


def migrating(database: str, **environment: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SCOUTER_", "LOG_"))}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "scouter.py"), "migrate"],
        env={**inherited, "DATABASE_URI": database, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def empty(postgres: str) -> Iterator[str]:
    """The conninfo of a database without our schema."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE friendly")
        yield make_conninfo(postgres, dbname="friendly")
        connection.execute("DROP DATABASE friendly WITH (FORCE)")


def test_a_first_and_a_second_start_say_what_a_person_needs(tmp_path: Path) -> None:
    environment = {"SCOUTER_STORAGE_URI": str(tmp_path / "store"), "SCOUTER_SERVER_PROT": "1"}
    server = ServerProcess(tmp_path, environment)
    with server:
        first = server.log.splitlines()
        assert HttpClient(server.url, "admin", "admin").login().token
    with server:
        second = server.log.splitlines()[len(first) :]
        second = second[next(n for n, line in enumerate(second) if "stopped" in line) + 1 :]
    for lines in (first, second):
        assert all(_LOG_LINE.match(line) for line in lines), "a pipe gets lines of the log and nothing else"
        assert "listening on" in lines[-1], "from there on it answers"
        said = "\n".join(lines)
        assert f"page: {server.url}/ in a browser" in said
        assert f"SCOUTER_SERVER_URI={server.url}" in said
        assert f"in {tmp_path / 'data'}" in said
        assert f"go to {tmp_path / 'store'}" in said
        assert said.count("SCOUTER_SERVER_PROT is not a setting of this server") == 1
        assert len([line for line in lines if "scouter.commands.greeting" in line]) <= GREETING
    assert len(first) <= FIRST_START
    assert len(second) <= GREETING
    assert len([line for line in first if "partition" in line]) == 1
    assert len([line for line in first if "migration" in line]) == 1
    assert "log in: as 'admin' with 'admin'; or as 'guest' with 'guest'" in "\n".join(first)
    assert "log in: as before" in "\n".join(second)


def test_on_a_terminal_they_are_read_without_what_a_log_needs(tmp_path: Path) -> None:
    environment = environment_of(tmp_path)
    url = f"http://127.0.0.1:{environment['SCOUTER_SERVER_PORT']}"
    with ProgramOnTerminal("serve", environment=environment) as program:
        program.read_until("listening on").read_until("/metrics")
        shown = [line for line in program.lines if not _LOG_LINE.match(line)]
        assert f"  page      {url}/ in a browser" in "\n".join(shown)
        assert "  log in    as 'admin' with 'admin'" in "\n".join(shown)
        assert "  warning   DATABASE_URI is not set: using an embedded Postgres in" in "\n".join(shown)
        program.interrupt()
        assert program.wait() == 0
    assert not program.lines[-1].startswith("  "), "what comes later are lines of the log"


def test_a_named_database_and_a_generated_password(empty: str, tmp_path: Path) -> None:
    environment = {
        **{"DATABASE_URI": empty, "SCOUTER_SERVER_HOST": "127.0.0.1", "LOG_JSON": "true"},
        **{"RABBITMQ_ADDR": "amqp://anna:hidden-word@127.0.0.1:1/%2f", "SCOUTER_GRPC_PORT": "1"},
    }
    with ServerProcess(tmp_path, environment) as server:
        eventually(lambda: "It is shown this once" in server.log)
        lines = server.log.splitlines()
    (shown,) = [line for line in lines if line.startswith("The admin is 'admin' with the password ")]
    password = shown.rpartition(" ")[2]
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    assert [line for line in lines if not line.startswith("{")][1:3] == [shown, lines[lines.index(shown) + 1]]
    said = "\n".join(entry["message"] for entry in entries)
    assert password not in said
    assert "hidden-word" not in server.log
    assert "log in: as 'admin' with the password that standard output shows, this once" in said
    assert "messages: from RabbitMQ at 127.0.0.1:1 and over HTTP" in said
    assert re.search(r"data: Postgres at .*/friendly; messages wait in ", said)
    warned = "\n".join(entry["message"] for entry in entries if entry["level"] == "warning")
    assert "SCOUTER_STORAGE_URI is not set: records older than" in warned
    assert "SCOUTER_GRPC_PORT has no effect: there is no gRPC here" in warned
    assert f"applied {len(known_migrations())} migrations, 0001_entities to " in said


def test_a_start_that_is_refused_says_what_is_odd_about_the_settings(tmp_path: Path) -> None:
    environment = {"DATABASE_URI": "postgresql://nobody@127.0.0.1:1/x", "SCOUTER_DATABSE_WAIT_SECONDS": "60"}
    environment |= {"SCOUTER_DATABASE_WAIT_SECONDS": "0.1", "SCOUTER_SERVER_HOST": "127.0.0.1"}
    with ProgramOnTerminal("serve", environment={**environment_of(tmp_path), **environment}) as program:
        assert program.wait() == 2
    assert "SCOUTER_DATABSE_WAIT_SECONDS is not a setting of this server" in program.sent
    assert program.sent.index("not a setting") < program.sent.index("cannot start:")


def test_a_migration_that_waits_says_for_whom_in_lines_of_the_log(database: str) -> None:
    with psycopg.connect(database, autocommit=True, application_name="anna\x1b[31m") as anna:
        anna.execute(_MIGRATION_LOCK)
        waiting = migrating(database)
        assert waiting.stderr is not None
        line = waiting.stderr.readline()
        assert _LOG_LINE.match(line)
        session = f"waits for session {anna.info.backend_pid} (anna"
        assert f"bringing the schema up to date: {session}" in line
        assert "\x1b" not in line
    out, rest = waiting.communicate(timeout=30)
    assert (out, waiting.returncode) == ("nothing to do\n", 0)
    assert "bringing the schema up to date: done in " in rest
    assert len(rest.splitlines()) <= 2


def test_of_two_servers_on_an_empty_database_the_one_that_waits_names_the_other(empty: str) -> None:
    with psycopg.connect(empty) as blocker:
        blocker.execute("CREATE SCHEMA scouter_py")  # whoever makes it, too, waits until this is over
        first = migrating(empty)
        assert first.stderr is not None
        assert f"waits for session {blocker.info.backend_pid}" in first.stderr.readline()
        second = migrating(empty)
        assert second.stderr is not None
        assert "(scouter migrate)" in second.stderr.readline()
        blocker.rollback()
    assert first.communicate(timeout=30)[0].splitlines() == [each.name for each in known_migrations()]
    assert second.communicate(timeout=30)[0] == "nothing to do\n"


def test_on_a_terminal_a_bar_moves_and_is_gone_at_the_end(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as blocker:
        blocker.execute(_MIGRATION_LOCK)
        with ProgramOnTerminal("migrate", environment={"DATABASE_URI": database}, columns=70) as program:
            program.read_until("bringing the schema up to date 3 s: waits for session")
            program.resize(24)
            drawn = len(program.read_until("bringing the schem~ 4 s").bars)
            blocker.execute("SELECT pg_advisory_unlock_all()")
            assert program.wait() == 0
    assert drawn > 3
    assert all(len(bar) < 70 for bar in program.bars)
    assert any(len(bar) == 23 for bar in program.bars)
    assert [line for line in program.lines if not _LOG_LINE.match(line)] == ["nothing to do"]
    assert "bringing the schema up to date: done in" in "\n".join(program.lines)


@pytest.mark.parametrize("plain", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"LOG_JSON": "true"}], ids=str)
def test_who_wants_no_bar_gets_lines(database: str, plain: dict[str, str]) -> None:
    with psycopg.connect(database, autocommit=True) as blocker:
        blocker.execute(_MIGRATION_LOCK)
        with ProgramOnTerminal("migrate", environment={"DATABASE_URI": database, **plain}) as program:
            program.read_until("so far")
            blocker.execute("SELECT pg_advisory_unlock_all()")
            assert program.wait() == 0
    assert "\x1b" not in program.sent
    assert "\r" not in program.sent


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_ctrl_c_in_a_bar_ends_it_at_once_and_leaves_nothing(database: str, tmp_path: Path, command: str) -> None:
    environment = {**environment_of(tmp_path), "DATABASE_URI": database, "SCOUTER_SERVER_HOST": "127.0.0.1"}
    with psycopg.connect(database, autocommit=True) as blocker:
        blocker.execute(_MIGRATION_LOCK)
        with ProgramOnTerminal(command, environment=environment) as program:
            program.read_until("waits for session")
            began = time.monotonic()
            program.interrupt()
            status = program.wait()
            assert time.monotonic() - began < 3
        assert status == (0 if command == "serve" else 130), program.sent
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'scouter migrate'"
        eventually(lambda: blocker.execute(sessions).fetchone() == (0,))
    assert "Traceback" not in program.sent
    assert program.sent.endswith("\n"), "the bar is gone"
    assert not program.lines[-1].startswith("bringing"), program.sent


def test_ctrl_c_while_it_is_still_importing_ends_it_without_a_traceback(tmp_path: Path) -> None:
    with ProgramOnTerminal("serve", environment=environment_of(tmp_path)) as program:
        loaded = Path(f"/proc/{program.process.pid}/maps")
        eventually(lambda: "_multiarray_umath" in loaded.read_text())  # of numpy, long before it is through
        program.interrupt()
        assert program.wait() == 130
    assert program.sent.strip() in {"", "^C"}


def test_a_closed_standard_error_is_no_reason_not_to_work(database: str) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" scouter.py migrate 2>&-', sys.executable],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URI": database},
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("nothing to do\n", 0)
