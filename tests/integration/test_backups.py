"""What the guides say about backups: followed to the letter, everything is there again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from scouter.postgres.embedded.binaries import find_binaries, python_package
from tests.documentation.pages import ROOT, blocks_of
from tests.http_client import HttpClient
from tests.server_process import ServerProcess

OPERATE = ROOT / "docs" / "guides" / "operate.md"
UPGRADE = ROOT / "docs" / "guides" / "upgrade.md"


def commands_of(page: Path) -> list[str]:
    return [block.text for block in blocks_of(page) if Path(__file__).name in block.mark]


def run(commands: str, directory: Path, environment: Mapping[str, str] | None = None) -> None:
    programs = find_binaries([python_package]).directory
    given = {**os.environ, **(environment or {}), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["sh", "-euc", commands], cwd=directory, env=given, check=True)


def embedded(directory: Path) -> ServerProcess:
    return ServerProcess(directory, {"SCOUTER_DATA_DIR": str(directory / "scouter_data")})


def make_user(server: ServerProcess) -> None:
    user = {"username": "anna", "password": "a good Password 1", "email": "anna@x"}
    assert HttpClient(server.url).login().post("/scouter/user", user).status == 200


def has_user(server: ServerProcess) -> bool:
    return bool(HttpClient(server.url, "anna", "a good Password 1").login().token)


@pytest.fixture
def empty(postgres: str) -> Iterator[str]:
    """The conninfo of a database without our schema."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored")
        yield make_conninfo(postgres, dbname="restored")
        connection.execute("DROP DATABASE restored WITH (FORCE)")


def test_a_copy_of_the_data_directory(tmp_path: Path) -> None:
    copy, _ = commands_of(OPERATE)
    with embedded(tmp_path) as server:
        make_user(server)
    run(copy, tmp_path)
    shutil.rmtree(tmp_path / "scouter_data")
    run("cp -a backup scouter_data", tmp_path)
    with embedded(tmp_path) as server:
        assert has_user(server)


def test_a_dump_of_a_database_of_ones_own(database: str, empty: str, tmp_path: Path) -> None:
    _, dump_and_restore = commands_of(OPERATE)
    with ServerProcess(tmp_path / "before", {"DATABASE_URI": database, "SCOUTER_SERVER_HOST": "127.0.0.1"}) as server:
        run(dump_and_restore, tmp_path, {**server.environment, "NEW_DATABASE_URI": empty})
    with psycopg.connect(database) as before, psycopg.connect(empty) as after:
        count = "SELECT count(*) FROM scouter_py.app_user"
        assert before.execute(count).fetchone() == after.execute(count).fetchone() != (0,)
    with ServerProcess(tmp_path / "after", {"DATABASE_URI": empty, "SCOUTER_SERVER_HOST": "127.0.0.1"}) as server:
        assert "applied" not in server.log, "the schema is as new as it was"


def test_from_one_embedded_database_into_another(tmp_path: Path) -> None:
    dump, restore = commands_of(UPGRADE)
    with embedded(tmp_path / "old") as server:
        make_user(server)
        run(dump, tmp_path / "old")
    with embedded(tmp_path / "new") as server:
        shutil.copy(tmp_path / "old" / "scouter.dump", tmp_path / "new")
        run(restore, tmp_path / "new")
        server.stop()
        server.start()
        assert has_user(server)
