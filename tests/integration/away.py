"""A server on a database of its own, which can be taken away and brought back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from scouter.postgres.embedded.server import EmbeddedPostgres
from tests.conditions import frozen
from tests.databases.chosen import chosen_binaries
from tests.databases.prepared import lay_out_prepared_data
from tests.http_client import Answer, HttpClient
from tests.profile_documents import registration, spc_profile
from tests.server_process import ServerProcess, let_others_enter
from tests.shifted_clock import ShiftedClock, shifted_postgres


class Away:
    """Everything runs from the beginning; `close` ends it."""

    def __init__(self, directory: Path, *, clock: ShiftedClock | None = None, **environment: str) -> None:
        """`clock`: of the server and of the database."""
        binaries = shifted_postgres(clock, directory / "programs") if clock else chosen_binaries()
        if binaries is None:
            lay_out_prepared_data(directory / "database")
        self.database = EmbeddedPostgres(let_others_enter(directory / "database"), binaries=binaries)
        self.conninfo = self.database.start()
        self.server = ServerProcess(
            directory / "server",
            {
                "DATABASE_URI": self.conninfo,
                "SCOUTER_SERVER_HOST": "127.0.0.1",
                "SCOUTER_DEFAULT_PASSWORD": "admin",
                **(clock.environment if clock else {}),
                **environment,
            },
        ).start()
        self.client = HttpClient(self.server.url).login()
        self.uid = self.client.post("/scouter/profile", registration(spc_profile())).body["uid"]

    def send(self, *values: float, uid: str | None = None, feature: str = "f0", **headers: str) -> Answer:
        stamp = datetime.now(UTC).isoformat()
        record = {"created_at": stamp, "uid": uid or self.uid, "feature": feature}
        body = {"records": [{"Spc": {**record, "value": value}} for value in values]}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.send("POST", "/scouter/message", json.dumps(body).encode(), sent)

    def values(self) -> list[float]:
        return sorted(row[0] for row in self.query("SELECT value FROM spc_record"))

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.conninfo, options="-c search_path=scouter_py") as connection:
            return connection.execute(statement.encode()).fetchall()

    def ledger(self) -> dict[str, Any]:
        answer = self.client.get("/scouter/ledger")
        assert answer.status == 200, answer
        body: dict[str, Any] = answer.body
        assert body["balanced"], body
        return body

    def freeze(self) -> Any:
        noted = (self.database.directory / "postgres" / "postmaster.pid").read_text()
        return frozen(int(noted.splitlines()[0]))

    def close(self) -> None:
        self.client.close()
        self.server.stop()
        self.database.stop()
