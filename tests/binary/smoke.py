"""What a one-file server has to do before anybody gets it, in the order in which somebody would notice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from scouter.version import VERSION
from tests.binary.processes import parent_of, processes_in
from tests.brokers.kafka import KafkaBroker
from tests.brokers.rabbitmq import RabbitBroker
from tests.client.client_session import ClientSession
from tests.client.environments import client_python
from tests.conditions import eventually
from tests.demonstration import Demonstration
from tests.http_client import HttpClient
from tests.page_client import PageClient
from tests.publishers import KafkaPublisher, Publisher, RabbitPublisher
from tests.server_process import ServerProcess, let_others_enter

FEATURE = "age"
_ORDINARY_USER = 54321
_STOP_SECONDS = 10.0
_RUN_SECONDS = 300

Profile = Mapping[str, str]


class Smoke:
    """Drives one file in a directory of its own. Everything it finds wrong is raised; what it saw goes to `say`."""

    def __init__(self, file: Path, directory: Path, say: Callable[[str], None]) -> None:
        self._file = file
        self._beside = directory / "beside"
        self._directory = let_others_enter(directory / "own")
        self._say = say
        self._unpacked = self._directory / "unpacked"

    def run(self) -> None:
        beside = _left_in_tmp()
        self._unpacks_once()
        with self._publishers() as publishers:
            self._serves(publishers)
        self._demonstrates()
        self._says_what_is_wrong()
        if os.geteuid() == 0:
            self._ordinary_user()
        assert _left_in_tmp() == beside, "something is left in the directory for temporary files"
        self._say("nothing left in the directory for temporary files")

    def _unpacks_once(self) -> None:
        first = self._timed("--version")
        made = [path.name for path in self._unpacked.iterdir()]
        second = self._timed("--version")
        assert len(made) == 1 and [path.name for path in self._unpacked.iterdir()] == made, made
        size = self._file.stat().st_size / 1e6
        self._say(f"{size:.0f} MB; --version took {first:.1f} s with unpacking, then {second:.1f} s")

    def _timed(self, *arguments: str) -> float:
        began = time.monotonic()
        assert self._ran(*arguments).stdout.strip() == VERSION
        return time.monotonic() - began

    def _serves(self, publishers: Sequence[Publisher]) -> None:
        environment = {"DATA_RETENTION_PERIOD": "1", **self._own_environment}
        for publisher in publishers:
            environment |= publisher.environment
        server = ServerProcess(self._directory / "server", environment, program=(str(self._file),))
        began = time.monotonic()
        with server, ClientSession(client_python("0.25.0"), self._beside / "client") as client:
            self._say(f"ready after {time.monotonic() - began:.1f} s")
            self._one_process(server)
            profile = self._real_client(server, client)
            self._brokers(server, profile, publishers)
            self._archives(server, client, profile, environment)
            self._stops_and_starts(server)

    def _one_process(self, server: ServerProcess) -> None:
        """The file becomes the server; what else there is belongs to Postgres."""
        ours = processes_in(self._directory)
        assert server.pid in ours
        for process in ours - {server.pid}:
            assert _name_of(process) == "postgres", (process, _name_of(process))
        assert sum(parent_of(process) == server.pid for process in ours) == 1
        self._say("one process, and Postgres")

    def _real_client(self, server: ServerProcess, client: ClientSession) -> Profile:
        client.ask("log_in", url=server.url, username="admin", password="admin")
        of = {"type": "Spc", "columns": {FEATURE: [float(n % 7) for n in range(100)]}, "sample_size": 5}
        client.ask("register", profile="sent", space="smoke", name="sent", **of, set_active=True)
        client.ask("open_queue", profiles=["sent"])
        client.ask("insert", profile="sent", features=[{FEATURE: float(n)} for n in range(5)])
        chart = {"profile": "sent", "type": "Spc", "interval": "OneHour", "points": 10}
        eventually(lambda: _values(client.ask("binned_drift", **chart)) == [2.0], seconds=20)
        client.ask("shut_down_queue")
        self._say("the real client registered, sent a sample and read its chart")
        made: Profile = client.ask("register", profile="old", space="smoke", name="old", **of)
        return made

    def _brokers(self, server: ServerProcess, profile: Profile, publishers: Sequence[Publisher]) -> None:
        for publisher in publishers:
            publisher.send(_message(profile, {datetime.now(UTC): 6.0}))
            eventually(lambda at=publisher.transport: _stored(server, at) == 1, seconds=60)  # type: ignore[misc]
        self._say("one message stored over each of: " + ", ".join(each.transport for each in publishers))

    def _archives(
        self, server: ServerProcess, client: ClientSession, profile: Profile, environment: Mapping[str, str]
    ) -> None:
        old = {_noon(3): 1.0, _noon(2): 2.0}
        admin = HttpClient(server.url).login()
        assert admin.send("POST", "/scouter/drift", _message(profile, old)).body["stored"] == len(old)
        own = {"DATABASE_URI": "embedded", "SCOUTER_DATA_DIR": str(server.directory / "data")}
        assert "spc" in self._ran("archive", cwd=server.directory, **environment, **own).stdout
        days = admin.get("/scouter/archive").body["totals"]
        assert sum(each["rows"] for each in days if each["state"] == "archived") == len(old), days
        start, end = _noon(4), _noon(1)
        asked: dict[str, Any] = {"profile": "old", "type": "Spc", "interval": "OneHour", "points": 1}
        values = _values(client.ask("binned_drift", **asked, start=start.isoformat(), end=end.isoformat()))
        assert values, "no chart of archived days"
        named = {name: profile[name] for name in ("space", "name", "version")}
        ends = {"start_custom_datetime": start.isoformat(), "end_custom_datetime": end.isoformat()}
        answer = admin.get("/scouter/records/spc", **named, **ends)
        assert pq.read_table(BytesIO(answer.body)).num_rows == len(old)
        admin.close()
        self._say("archived two days; a chart and a Parquet file of them")

    def _stops_and_starts(self, server: ServerProcess) -> None:
        before = sum(_stored(server, transport) for transport in ("http", "kafka", "rabbitmq"))
        began = time.monotonic()
        server.terminate()
        assert server.wait(_STOP_SECONDS) == 0, server.log[-2000:]
        self._say(f"stopped after {time.monotonic() - began:.1f} s with exit status 0")
        self._is_gone()
        server.start(seconds=120)
        server.kill()
        self._is_gone()
        self._say("after a kill -9 no process is left")
        server.start(seconds=120)
        assert sum(_stored(server, transport) for transport in ("http", "kafka", "rabbitmq")) == before
        assert len(list(self._unpacked.iterdir())) == 1
        self._say("started again on the same data, nothing missing")

    def _demonstrates(self) -> None:
        made = Demonstration(self._directory / "demo", environment=self._own_environment, program=(str(self._file),))
        with made, PageClient(made.url) as browser:
            assert "churn" in browser.sign_in().get("/").text
        assert made.left_over == []
        self._say("a demonstration whose page shows its profiles")

    def _is_gone(self) -> None:
        eventually(lambda: processes_in(self._directory) == set(), seconds=20)

    def _says_what_is_wrong(self) -> None:
        """Of a file that was cut off, and of an account without a home."""
        half = self._directory / "half"
        with self._file.open("rb") as whole:
            half.write_bytes(whole.read(5_000_000))
        half.chmod(0o755)
        ran = self._run(half, "--version", SCOUTER_UNPACK_DIR=str(self._directory / "elsewhere"))
        assert ran.returncode == 1 and "is not whole: download it again" in ran.stderr, ran
        ran = subprocess.run(
            [self._file, "--version"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
        )
        assert ran.returncode == 1 and "set SCOUTER_UNPACK_DIR" in ran.stderr, ran
        self._say("says so when it is not whole, and when it has no place to unpack")

    def _ordinary_user(self) -> None:
        """One that /etc/passwd does not know."""
        home = self._directory / "home"
        home.mkdir()
        os.chown(home, _ORDINARY_USER, _ORDINARY_USER)
        file = Path(shutil.copy(self._file, home / "scouter-server"))  # it may lie where others cannot enter
        identity = ("setpriv", f"--reuid={_ORDINARY_USER}", f"--regid={_ORDINARY_USER}", "--clear-groups")
        server = ServerProcess(
            self._directory / "ordinary",
            {"HOME": str(home), "SCOUTER_DATA_DIR": str(home / "data"), "SCOUTER_STORAGE_URI": str(home / "archive")},
            program=(*identity, str(file)),
        )
        with server:
            assert HttpClient(server.url).login().token
        self._is_gone()
        self._say(f"as user {_ORDINARY_USER}, with a database of its own: ready, login, stopped")

    @property
    def _own_environment(self) -> dict[str, str]:
        return {"SCOUTER_UNPACK_DIR": str(self._unpacked)}

    def _ran(self, *arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        ran = self._run(self._file, *arguments, cwd=cwd, **self._own_environment | environment)
        assert ran.returncode == 0, ran
        return ran

    def _run(
        self, file: Path, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [file, *arguments],
            cwd=cwd or self._directory,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=_RUN_SECONDS,
            check=False,
        )

    @contextmanager
    def _publishers(self) -> Iterator[Sequence[Publisher]]:
        with ExitStack() as ends:
            kafka = ends.enter_context(KafkaBroker(self._beside / "kafka"))
            rabbit = ends.enter_context(RabbitBroker(self._beside / "rabbitmq"))
            publishers: list[Publisher] = [KafkaPublisher(kafka, "smoke"), RabbitPublisher(rabbit, "smoke")]
            for publisher in publishers:
                ends.callback(publisher.close)
            yield publishers


def _noon(days_ago: int) -> datetime:
    return (datetime.now(UTC) - timedelta(days=days_ago)).replace(hour=12, minute=0, second=0, microsecond=0)


def _message(profile: Profile, moments: Mapping[datetime, float]) -> bytes:
    named = {name: profile[name] for name in ("space", "name", "version")}
    records = [
        {"Spc": {"created_at": moment.isoformat(), "feature": FEATURE, "value": value, **named}}
        for moment, value in moments.items()
    ]
    return json.dumps({"records": records}).encode()


def _stored(server: ServerProcess, transport: str) -> int:
    admin = HttpClient(server.url).login()
    answer = admin.get("/scouter/ledger")
    admin.close()
    assert answer.status == 200, answer
    return int(answer.body["transports"].get(transport, {}).get("stored", 0))


def _values(chart: Any) -> list[float]:
    return [value for series in chart.values() for value in series["values"]]


def _name_of(process: int) -> str:
    return Path(f"/proc/{process}/comm").read_text().strip()


def _left_in_tmp() -> set[str]:
    """What PyInstaller's loader would leave there."""
    return {path.name for path in Path(tempfile.gettempdir()).glob("_MEI*")}
