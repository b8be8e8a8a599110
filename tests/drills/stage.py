"""Where a drill plays: a database of its own, maybe a proxy before it, a broker, a server, senders, and who watches."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scouter.postgres.embedded.binaries import Binaries
from tests.drills.database_proxy import DatabaseProxy
from tests.drills.findings import Findings, judge
from tests.drills.ledger_watch import LedgerReading, LedgerWatch
from tests.drills.own_broker import OwnBroker
from tests.drills.own_database import OwnDatabase
from tests.drills.published_client import PublishedClient
from tests.drills.sender_order import SenderOrder
from tests.drills.sender_process import SenderProcess
from tests.drills.sent_messages import SentMessage
from tests.drills.stored_numbers import read_database
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, registration, spc_profile
from tests.server_process import ServerProcess
from tests.shifted_clock import ShiftedClock, shifted_postgres

_QUIET_SECONDS = 2.0
_BACKLOG_SECONDS = 1.0  # of sending: what is on its way at any moment
_LOOK_SECONDS = 0.1
_NUMBERS_EACH = 10**9  # senders begin this far apart
SHUTDOWN_SECONDS = 10.0
SECRET = "the signing key of a drill: 0123456789"
_ENVIRONMENT = {
    "PYTHONFAULTHANDLER": "1",  # should the server crash by itself, its log says where
    "SCOUTER_DEFAULT_PASSWORD": "admin",
    "SCOUTER_SERVER_HOST": "127.0.0.1",
    "SCOUTER_ENCRYPT_SECRET": SECRET,
    "MAX_POOL_SIZE": "16",
    "SCOUTER_SHUTDOWN_SECONDS": str(SHUTDOWN_SECONDS),
}


class Stage:
    """Everything is up on entry. Leaves nothing running; the directory holds all that can be evidence."""

    def __init__(
        self,
        directory: Path,
        seed: int,
        *,
        environment: Mapping[str, str] | None = None,
        proxied: bool = False,
        transport: str = "http",
        descriptors: int | None = None,
        clock: ShiftedClock | None = None,
    ) -> None:
        """`descriptors`: how many files and sockets the server may have open; as many as we may without it. `clock`:
        of the server and its database.
        """
        self.directory = directory
        self.chooser = random.Random(seed)
        self.seed = seed
        self.complaints: list[str] = []
        self.remarks: list[str] = []  # what was measured
        self.senders: list[SenderProcess | PublishedClient] = []
        self._ends = ExitStack()
        self._proxied = proxied
        self.transport = transport
        self._descriptors = descriptors
        self._clock = clock
        self._environment = {**_ENVIRONMENT, **(clock.environment if clock else {}), **(environment or {})}

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self._end)
            self.database = self._ends.enter_context(OwnDatabase(self.directory / "database", self._binaries()))
            conninfo = self.database.conninfo
            if self._proxied:
                self.proxy = self._ends.enter_context(DatabaseProxy(conninfo, self.seed))
                conninfo = self.proxy.conninfo
            self._environment["DATABASE_URI"] = conninfo
            if self.transport != "http":
                self.broker = OwnBroker(self.transport, self.directory / self.transport)
                self._ends.callback(self.broker.stop)
                self._environment |= self.broker.environment
            self.server = ServerProcess(self.directory / "server", self._environment, descriptors=self._descriptors)
            self._ends.callback(self._stop_server)
            self.server.start()
            self._register()
            self.watch = LedgerWatch(self.server.url)
            self._ends.callback(self.watch.stop)
            self.watch.start()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self.server.is_running:
            self.server.kill()  # the drill has failed: nobody waits for a clean stop
        self._end()

    @property
    def messages(self) -> list[SentMessage]:
        """Of all senders."""
        return [message for sender in self.senders for message in sender.messages]

    @property
    def numbered_senders(self) -> list[SenderProcess]:
        return [sender for sender in self.senders if isinstance(sender, SenderProcess)]

    def send(self, name: str, **how: Any) -> SenderProcess:
        """Start a sender; see `SenderOrder`."""
        order = SenderOrder(
            port=self.server.port,
            spc_uid=self.spc_uid,
            custom_uid=self._custom_uid,
            first_number=self._next_numbers(),
            seed=self.seed + len(self.senders),
            **{"token": self.token, **(self.broker.order if self.transport != "http" else {}), **how},
        )
        sender = SenderProcess(name, order, self.directory)
        self.senders.append(sender)
        return sender

    def send_with_published_client(self, *, rows_a_second: float = 20) -> PublishedClient:
        numbers = self._next_numbers()
        client = PublishedClient(
            "published-client", self.server.port, self.directory, first_number=numbers, rows_a_second=rows_a_second
        )
        self.senders.append(client)
        return client

    def restart(self) -> None:
        """Start the server again after it ended. A start that fails is a complaint, and tried once more."""
        try:
            self.server.start()
        except AssertionError as problem:
            self.complaints.append(str(problem).splitlines()[0])
            if self.server.is_running:
                self.server.kill()
            self.server.start()

    def change(self, **environment: str) -> None:
        """For the next start."""
        port = self.server.port
        self._environment |= environment
        self.server = ServerProcess(self.directory / "server", self._environment, port)

    def wait_until_reading(self, seconds: float = 30) -> None:
        """Kafka waits for a consumer that was killed: what is killed before it reads again has shown nothing."""
        if self.transport == "http":
            return
        before = self.watch.readings
        deadline = time.monotonic() + seconds
        while self.watch.readings < before + 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        received = self.watch.last.total("received") if self.watch.last else 0
        while self.watch.last and self.watch.last.total("received") == received:
            if time.monotonic() > deadline:
                self.complaints.append(f"nothing was read for {seconds:.0f} s")
                return
            time.sleep(0.05)

    def wait_until_caught_up(self, seconds: float) -> float | None:
        """Seconds until next to nothing waits for the database: in the spool, or in the broker while more is sent."""
        if self.transport == "http":
            return self.watch.wait_until_drained(seconds)
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            if self._backlog_seconds(since=began) < _BACKLOG_SECONDS:
                return time.monotonic() - began
            time.sleep(_LOOK_SECONDS)
        return None

    def _backlog_seconds(self, since: float) -> float:
        """How long the senders took for what is not received yet, as of a reading of the ledger after `since`."""
        sent = sum(sender.answered for sender in self.numbered_senders)
        last = self.watch.last
        if last is None or last.at < since or not last.body["database"]:
            return float("inf")
        a_second = sum(each.order.rows_a_second / each.order.records for each in self.numbered_senders)
        return (sent - last.total("received")) / a_second

    def stop_senders(self) -> None:
        for sender in self.senders:
            sender.stop()

    def conclude(self, *, drain_seconds: float = 60) -> Findings:
        """Stop all senders, let the spool run empty, stop the server, and judge."""
        self.stop_senders()
        ledger = self._last_ledger(drain_seconds)
        self.watch.stop()
        if self.server.stop() != 0:
            self.complaints.append("the server did not stop cleanly at the end")
        self._remark_on_senders()
        return judge(
            self.messages,
            read_database(self.database.conninfo, self.directory / "server" / "data" / "spool"),
            ledger=ledger,
            readings=self.watch.readings,
            faults=self.watch.faults,
            complaints=self.complaints,
        )

    def _last_ledger(self, seconds: float) -> LedgerReading | None:
        if self.watch.last is None:
            self.complaints.append("the server has no ledger")
            return None
        drained = self.watch.wait_until_drained(seconds)
        if drained is None:
            self.complaints.append(f"the spool was not empty after {seconds:.0f} s")
        if self.transport != "http" and not self._wait_until_read(seconds):
            self.complaints.append(f"the broker's messages were not read after {seconds:.0f} s")
        return self.watch.last

    def _wait_until_read(self, seconds: float) -> bool:
        """Until everything that the broker acknowledged is received, and then no more comes for a while."""
        acknowledged = sum(message.acknowledged for message in self.messages)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = self.watch.last.total("received") if self.watch.last else 0
            time.sleep(_QUIET_SECONDS)
            if self.watch.last and acknowledged <= before == self.watch.last.total("received"):
                return True
        return False

    def another(self, name: str) -> ServerProcess:
        """A second server on the same database, not started yet."""
        server = ServerProcess(self.directory / name, self._environment)
        self._ends.callback(lambda: server.is_running and server.stop())
        return server

    def _remark_on_senders(self) -> None:
        for sender in self.senders:
            if isinstance(sender, SenderProcess):
                self.remarks.append(f"{sender.name}: {_shown(sender)}")
            else:
                self.remarks.append(f"{sender.name}: inserted {sender.inserted}, sent {len(sender.messages)}")

    def _binaries(self) -> Binaries | None:
        return shifted_postgres(self._clock, self.directory / "programs") if self._clock else None

    def _register(self) -> None:
        client = HttpClient(self.server.url).login()
        assert client.token is not None
        self.token = client.token
        documents = (spc_profile(name="spc"), custom_profile(name="custom"))
        replies = [client.post("/scouter/profile", registration(document)) for document in documents]
        assert all(reply.status == 200 for reply in replies), replies
        self.spc_uid, self._custom_uid = (str(reply.body["uid"]) for reply in replies)
        client.close()

    def _next_numbers(self) -> int:
        return (len(self.senders) + 1) * _NUMBERS_EACH

    def _stop_server(self) -> None:
        if self.server.is_running:
            self.server.stop()

    def _end(self) -> None:
        for sender in self.senders:
            if isinstance(sender, PublishedClient) or not sender.summary:
                sender.kill()
        self._ends.close()


def _shown(sender: SenderProcess) -> str:
    of = sender.summary
    rate = of["messages"] * sender.order.records / of["seconds"]
    return (
        f"{of['messages']:,} messages in {of['seconds']:.0f} s, {rate:,.0f} rows/s, answers p50 {of['p50_ms']:.0f} ms, "
        f"p99 {of['p99_ms']:.0f} ms, longest {of['longest_ms']:.0f} ms; {of['cpu']:.2f} of a core"
    )


def wait_between(chooser: random.Random, shortest: float, longest: float) -> None:
    time.sleep(chooser.uniform(shortest, longest))
