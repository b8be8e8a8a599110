"""The ledger: what became of every message."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.ingest.ledger.fleet_ledger import FleetLedger, LedgerSnapshot
from scouter.ingest.ledger.ledger import LedgerAccount
from scouter.ingest.pipeline import IngestPipeline
from scouter.settings.records import RecordSettings
from scouter.wire.ledger import LedgerCounts, LedgerReply, QuarantineCounts, ResumeReply, SpoolCounts


class LedgerResource:
    def __init__(self, fleet_ledger: FleetLedger, ingest: IngestPipeline, settings: RecordSettings) -> None:
        self._fleet_ledger = fleet_ledger
        self._ingest = ingest
        self._settings = settings

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/ledger",
                self.read,
                "What became of every message, by transport, over all servers: the books balance at every moment.",
                LedgerReply,
            ),
            Route(
                "POST",
                "/scouter/spool/resume",
                self.resume,
                "Go on after the server stopped putting messages into quarantine because Postgres refused very many in "
                "a row: those that are refused are bad indeed.",
                ResumeReply,
                permission="admin",
            ),
        ]

    def resume(self, request: Request[None, None]) -> ResumeReply:
        request.caller.require_admin()
        was_stopped = self._ingest.rejection_limit.is_stopped
        self._ingest.rejection_limit.resume()
        return ResumeReply("success", "it goes on" if was_stopped else "nothing was stopped")

    def read(self, _: Request[None, None]) -> LedgerReply:
        reading = self._fleet_ledger.read()
        return LedgerReply(
            balanced=reading.balances,
            database=reading.database,
            as_of=reading.as_of,
            total=_counts(reading.total),
            transports={transport: _counts(account) for transport, account in sorted(reading.accounts.items())},
            quarantine=self._quarantine(reading),
            spool=self._spool(),
        )

    def _quarantine(self, reading: LedgerSnapshot) -> QuarantineCounts:
        kept = reading.kept
        settled = reading.total.settled
        return QuarantineCounts(
            kept=None if kept is None else sum(each.messages for each in kept),
            kept_bytes=None if kept is None else sum(each.bytes for each in kept),
            limit_bytes=self._settings.quarantine_max_bytes,
            deleted=settled.deleted,
            expired=settled.expired,
        )

    def _spool(self) -> SpoolCounts:
        ingest = self._ingest
        return SpoolCounts(
            messages=sum(account.spooled for account in ingest.ledger.accounts().values()),
            bytes=ingest.drainer.bytes(),
            limit_bytes=self._settings.spool_max_bytes,
            oldest=ingest.spool.oldest(),
            state=ingest.drainer.state,
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
