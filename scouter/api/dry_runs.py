"""What a profile would have alerted on in a span of the past, as it is or changed."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.dry_run.dry_runs import DryRuns
from scouter.dry_run.subjects import profile_meant
from scouter.dry_run.tables import timeline_csv
from scouter.errors import ArchiveBusy, DifferentSpaces, DryRunTooLarge, NotFound, StoreAway
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.dry_runs import newest_version
from scouter.postgres.tables.entities import Entities
from scouter.profiles import lookup
from scouter.wire.dry_runs import DryRunReply, DryRunRequest, accepted_by_dry_runs


class DryRunResource:
    def __init__(self, dry_runs: DryRuns, pool: Pool, entities: Entities) -> None:
        self._dry_runs = dry_runs
        self._pool = pool
        self._entities = entities

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "POST",
                "/scouter/alerts/dry-run",
                self.run,
                "What a profile would have alerted on between two moments, as it is or changed, and what people would "
                "have been told: from the records of then, by the checks of now. Nothing is stored or sent. One at a "
                "time; the timeline as CSV for whoever accepts text/csv.",
                DryRunReply,
                permission="read on the profile's space",
                body=DryRunRequest,
                accepted=accepted_by_dry_runs,
                bulkhead="dry_runs",
                table=timeline_csv,
                errors=(NotFound, StoreAway, ArchiveBusy, DifferentSpaces, DryRunTooLarge),
            )
        ]

    def run(self, request: Request[None, DryRunRequest]) -> DryRunReply:
        ref = profile_meant(request.body)
        entity = lookup.find_of_any_version(ref, "read", request.caller, self._entities.find, self._newest)
        return self._dry_runs.run(entity, request.body)

    def _newest(self, space: str, name: str, drift_type: str) -> str | None:
        with self._pool.connection() as connection:
            return newest_version(connection, space, name, drift_type)
