"""The way in as one process of the server has it: writer, drainer and real spool files, over a database of lists."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from scouter.auth.permissions import ADMIN_GROUP, Caller
from scouter.errors import InvalidInput, PermissionDenied
from scouter.ingest.ledger.ledger import Ledger, LedgerAccount
from scouter.ingest.messages.inbound import InboundMessage, Transport
from scouter.ingest.messages.outcomes import Totals
from scouter.ingest.messages.pending import PendingMessage
from scouter.ingest.messages.results import Accepted
from scouter.ingest.quarantine.unsupported import UnsupportedMessages
from scouter.ingest.spool.drainer import Drainer
from scouter.ingest.spool.spool_directory import SpoolDirectory
from scouter.ingest.spool.spool_disk import RESERVE_BYTES
from scouter.ingest.spool.spool_file import SpoolFile
from scouter.ingest.spool.spooled_message import SpooledMessage
from scouter.ingest.storage.rejection_limit import RejectionLimit
from scouter.ingest.validation.validator import Validator
from scouter.ingest.writer.gateway import Gateway
from scouter.ingest.writer.write_queue import WriteQueue
from scouter.ingest.writer.writer import Writer
from scouter.postgres.connections.breaker import Breaker
from scouter.postgres.tables.records import Rows
from tests.unit.listed_database import ListedDatabase, ListedRegistry, ListedStore

SENDER = Caller("ana", frozenset({"write:all"}), frozenset({ADMIN_GROUP}))
PATIENCE_SECONDS = 20.0  # nothing here takes as long
_MOST_PASSES = 1000


def inbound(text: str, transport: Transport = "http", received_at: datetime | None = None) -> InboundMessage:
    return InboundMessage(transport, text.encode(), SENDER, received_at or datetime.now(UTC))


class PlainValidator(Validator):
    """For messages that say themselves what is wrong with them; "m1 x3" is one of three rows."""

    def __init__(self) -> None:
        self.problem: Exception | None = None  # of the database, which cannot be asked

    def validate(self, inbound: InboundMessage) -> Accepted:
        text = inbound.raw.decode()
        if text.startswith("forbidden"):
            raise PermissionDenied("not yours to write to")
        if text.startswith("bad"):
            raise InvalidInput("records", text, "records")
        if text.startswith("bug"):
            raise RuntimeError("nobody has foreseen this")
        if text.startswith("empty"):
            return Accepted()
        if self.problem is not None:
            raise self.problem
        rows = int(text.partition(" x")[2] or 1)
        return Accepted([Rows("spc_record", 1, rows, 0, 0, frozenset(), b"")])


class IngestProcess:
    """Its writer's thread runs from `start` on; passes of its drainer are made by the test, one at a time."""

    def __init__(
        self,
        directory: Path,
        database: ListedDatabase,
        *,
        batch_rows: int = 1000,
        store_seconds: float = 0.05,
        max_bytes: int = 2**20,
        max_rejections: int = 1000,
        reserve: int = RESERVE_BYTES,
    ) -> None:
        self.directory = directory
        self.database = database
        self.spool_directory = SpoolDirectory(directory, max_bytes=max_bytes, reserve=reserve)
        self.spool = self.spool_directory.own()
        self.ledger = Ledger(database.totals(self.spool.id))
        self.breaker = Breaker()
        self.rejection_limit = RejectionLimit(max_rejections)
        self.validator = PlainValidator()
        self.write_queue = WriteQueue(max_messages=1000)
        self.gateway = Gateway(self.validator, self.write_queue, self.ledger)
        self.store = ListedStore(database, self.rejection_limit, self.spool.id)
        self.writer = Writer(
            self.write_queue,
            self.store,
            self.spool,
            self.ledger,
            self.breaker,
            batch_rows=batch_rows,
            store_seconds=store_seconds,
        )
        self.drainer = Drainer(
            self.spool_directory,
            self.spool,
            ListedStore(database, self.rejection_limit, self.spool.id),
            ListedRegistry(database, self.spool.id),
            self.validator,
            self.ledger,
            self.breaker,
            self.rejection_limit,
            UnsupportedMessages(),
        )
        self.drainer.adopt(self.spool)

    def start(self) -> IngestProcess:
        self.writer.thread.start()
        return self

    def send(self, *texts: str) -> list[PendingMessage]:
        """In one go: as long as the writer has not been started, it takes them as one batch."""
        return [self.gateway.accept(inbound(text)) for text in texts]

    def spooled(self) -> list[str]:
        """The messages in its own spool."""
        return texts_in(self.spool)

    def drain(self) -> None:
        """Passes until there is nothing to do any more, or nothing can be done."""
        for _ in range(_MOST_PASSES):
            self.drainer.one_pass()
            is_done = self.drainer.state == "idle" and self.drainer.held == [self.spool]
            if is_done or self.drainer.state not in {"idle", "drains"}:
                return
        raise AssertionError("it drains for ever")

    def stop_writer(self) -> None:
        self.writer.request_stop()
        assert self.writer.thread.join(time.monotonic() + PATIENCE_SECONDS), "the writer goes on"

    def left_behind(self, directory: Path) -> Path:
        """What a process that is killed now leaves on the disk, in another directory."""
        shutil.copytree(self.directory, directory, dirs_exist_ok=True)
        return directory

    def end(self) -> None:
        """Let go of threads and files, whatever the test has made of them."""
        self.stop_writer()
        self.drainer.close()
        self.writer.close()
        self.spool_directory.close()

    def account(self) -> LedgerAccount:
        """Of all transports together."""
        total = LedgerAccount()
        for account in self.ledger.accounts().values():
            assert account.balances
            total.add(account)
        return total

    def assert_balanced(self, *, received: int, spooled: int = 0) -> Totals:
        """Every message counts once, here and, once the drainer is idle, in the stored ledger."""
        account = self.account()
        settled = account.settled
        assert (account.received, account.spooled) == (received, spooled)
        assert received == settled.settled + spooled
        stored = Totals()
        for totals in self.database.totals(self.spool.id).values():
            stored.add(totals)
        assert stored == settled
        return settled


def messages_in(spool: SpoolFile) -> list[SpooledMessage]:
    found: list[SpooledMessage] = []
    position = 0
    while entries := spool.head(position, 2**20):
        found += [entry.message for entry in entries]
        position = entries[-1].number + 1
    return found


def texts_in(spool: SpoolFile) -> list[str]:
    return [message.inbound.raw.decode() for message in messages_in(spool)]
