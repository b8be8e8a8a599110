"""The books as they are told: what became of every message, what is kept in quarantine, and what waits here."""

from __future__ import annotations

from dataclasses import dataclass

from scouter.ingest.ledger.fleet_ledger import FleetLedger, LedgerSnapshot
from scouter.ingest.ledger.ledger import LedgerAccount
from scouter.ingest.pipeline import IngestPipeline
from scouter.settings.records import RecordSettings
from scouter.wire.ledger import LedgerCounts, LedgerReply, QuarantineCounts, SpoolCounts


@dataclass(frozen=True, slots=True)
class Books:
    """Of all servers; the spool is of this one."""

    fleet: FleetLedger
    ingest: IngestPipeline
    settings: RecordSettings

    def read(self) -> LedgerReply:
        return self.told(self.fleet.read())

    def told(self, reading: LedgerSnapshot) -> LedgerReply:
        return LedgerReply(
            balanced=reading.balances,
            database=reading.database,
            as_of=reading.as_of,
            total=_counts(reading.total),
            transports={transport: _counts(account) for transport, account in sorted(reading.accounts.items())},
            quarantine=self._quarantine(reading),
            spool=self.spool(),
        )

    def spool(self) -> SpoolCounts:
        """Known without asking Postgres."""
        ingest = self.ingest
        return SpoolCounts(
            messages=ingest.waiting(),
            bytes=ingest.drainer.bytes(),
            limit_bytes=self.settings.spool_max_bytes,
            oldest=ingest.spool.oldest(),
            state=ingest.drainer.state,
        )

    def _quarantine(self, reading: LedgerSnapshot) -> QuarantineCounts:
        kept = reading.kept
        settled = reading.total.settled
        return QuarantineCounts(
            kept=None if kept is None else sum(each.messages for each in kept),
            kept_bytes=None if kept is None else sum(each.bytes for each in kept),
            limit_bytes=self.settings.quarantine_max_bytes,
            deleted=settled.deleted,
            expired=settled.expired,
        )


def _counts(account: LedgerAccount) -> LedgerCounts:
    settled = account.settled
    return LedgerCounts(
        received=account.received,
        stored=settled.stored,
        duplicate=settled.duplicate,
        quarantined=settled.quarantined,
        refused=settled.refused,
        empty=settled.empty,
        spooled=account.spooled,
        records_stored=settled.records_stored,
        records_skipped=settled.records_skipped,
    )
