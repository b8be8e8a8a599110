"""The published clients, on a server that reaches Postgres through a pooler in either of its modes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import pytest
from psycopg.conninfo import make_conninfo

from scouter.postgres.embedded.server import EmbeddedPostgres
from tests.availability import cannot_run
from tests.client.application import (
    CUSTOM_SAMPLE,
    PSI_BATCH,
    SPC_SAMPLE,
    Application,
    custom_items,
    expected_counts,
    expected_values,
    psi_items,
    spc_items,
)
from tests.client.client_session import ClientRaised, ClientSession
from tests.client.expected_charts import alike
from tests.databases.foreign import Peculiarity, foreign_database
from tests.databases.pgbouncer import Mode, Pgbouncer, missing_for_pgbouncer
from tests.server_process import ServerProcess, let_others_enter


class PooledServer(ServerProcess):
    """Its database is behind the pooler; tests look into it from beside."""

    def __init__(self, directory: Path, pooler: Pgbouncer, beside: str) -> None:
        known = {"SCOUTER_DEFAULT_PASSWORD": "admin", "SCOUTER_SERVER_HOST": "127.0.0.1"}
        super().__init__(directory, {"DATABASE_URI": pooler.conninfo, **known})
        self._beside = beside

    def conninfo(self) -> str:
        return make_conninfo(self._beside, options="-c search_path=scouter_py -c timezone=UTC")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if missing := missing_for_pgbouncer():
        cannot_run(missing)
    with EmbeddedPostgres(let_others_enter(tmp_path_factory.mktemp("postgres"))) as embedded:
        yield embedded.start()


@pytest.fixture(params=get_args(Mode))
def server(request: pytest.FixtureRequest, postgres: str, tmp_path: Path) -> Iterator[PooledServer]:
    mode: Mode = request.param
    with ExitStack() as ends:
        direct = ends.enter_context(foreign_database(postgres, Peculiarity({"search_path": "public"})))
        pooler = ends.enter_context(Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode=mode, sessions=25))
        yield ends.enter_context(PooledServer(tmp_path / "server", pooler, direct))


@pytest.mark.timeout(300)
def test_what_every_version_sends_is_stored_once_and_charted(
    server: PooledServer, clients: Mapping[str, ClientSession]
) -> None:
    playing = {version: Application(version, client, server) for version, client in clients.items()}
    with ThreadPoolExecutor(len(playing)) as threads:
        for ended in [threads.submit(application.play) for application in playing.values()]:
            ended.result()
    for application in playing.values():
        assert_stored_once(application)
        assert application.chart("Custom", "SixHours", 1), "there is something to see"
        with pytest.raises(ClientRaised, match="Unauthorized"):
            application.client.ask("log_in", url=server.url, username="admin", password="wrong")
    assert "messages go to the spool" not in server.log


def assert_stored_once(application: Application) -> None:
    expected = {
        "Spc": expected_values(spc_items(), SPC_SAMPLE, partial=False),
        "Custom": expected_values(custom_items(), CUSTOM_SAMPLE, partial=True),
    }
    for drift_type, values in expected.items():
        rows = application.values(drift_type)
        assert alike({name: [row.value for row in rows if row.feature == name] for name in values}, values)
        assert len(rows) == sum(map(len, values.values()))
    profile = application.registered["Psi"]["document"]
    parts = [expected_counts(part, profile) for part in (psi_items()[:PSI_BATCH], psi_items()[PSI_BATCH:])]
    assert len(application.counts()) == sum(map(len, parts))
