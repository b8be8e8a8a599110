"""A dry run, from the request to the answer. It reads, and leaves no trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from scouter.archive.kinds import KINDS
from scouter.archive.past_windows import PastWindows, Span
from scouter.archive.read_budget import ReadBudget, TimeUp, TooManyRecords
from scouter.drift.windows import in_utc
from scouter.dry_run.comparison import comparison
from scouter.dry_run.estimates import estimate, too_large, took_too_long, with_rows, within
from scouter.dry_run.expectations import expectations
from scouter.dry_run.replaying import Replayed, Work, replay
from scouter.dry_run.summaries import summary
from scouter.dry_run.timeline import timeline
from scouter.dry_run.told import messages
from scouter.dry_run.variants import Variant, asked_variants
from scouter.errors import InvalidInput
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.tables.dry_runs import RecordedWindow, recorded_windows
from scouter.postgres.tables.entities import Entity
from scouter.settings.checks import CheckSettings
from scouter.wire.charts import ArchiveUse
from scouter.wire.dry_runs import DryRunDetails, DryRunEstimate, DryRunReply, DryRunRequest

_SLOWEST = 0.05  # what is said to fit is a part of the span that can be told


@dataclass(frozen=True, slots=True)
class _Asked:
    variants: Sequence[Variant]
    estimate: DryRunEstimate
    recorded: Sequence[RecordedWindow]


class DryRuns:
    """Whoever calls it sees to it that not many run at once."""

    def __init__(
        self, pool: ConnectionSource, past: PastWindows, settings: CheckSettings, now: Callable[[], datetime]
    ) -> None:
        self._pool = pool
        self._past = past
        self._most_rows = settings.dry_run_rows
        self._seconds = settings.dry_run_seconds
        self._now = now

    def run(self, entity: Entity, request: DryRunRequest) -> DryRunReply:
        """Raises `InvalidInput` and `DifferentSpaces` for what is asked, `NotFound` when the profile is gone,
        `DryRunTooLarge`, and `StoreAway` or `ArchiveBusy` when archived records are wanted and cannot be had.
        """
        began = time.monotonic()
        request = replace(request, start=in_utc(request.start), end=in_utc(request.end))
        asked = self._look_up(entity, request)
        if request.estimate:
            return DryRunReply(entity.uid, request.start, request.end, asked.estimate)
        if asked.estimate.longest_end is not None:
            raise too_large(asked.estimate, self._most_rows)
        runs, rows, files = self.replayed(entity, request, asked.variants, asked.estimate)
        changed = runs[0]
        details = request.details is DryRunDetails.alerts
        return DryRunReply(
            entity.uid,
            request.start,
            request.end,
            asked.estimate,
            windows=timeline(changed.variant.windows, changed.windows, asked.recorded, details=details),
            messages=messages(changed.said),
            summary=summary(changed),
            expected=expectations(changed),
            **({"compare": comparison(runs[1], changed)} if request.compare else {}),
            rows_read=rows,
            files_opened=files,
            seconds=round(time.monotonic() - began, 3),
            archive="used" if _wants_archive(request) else "skipped",
        )

    def replayed(
        self, entity: Entity, request: DryRunRequest, variants: Sequence[Variant], known: DryRunEstimate
    ) -> tuple[list[Replayed], int, int]:
        """Of each variant; the records that were read, and the files."""
        start, end = min(each.windows.start for each in variants), max(each.windows.end for each in variants)
        span = Span(entity, start, end, _wants_archive(request))
        budget = ReadBudget(self._most_rows, time.monotonic() + self._seconds)
        done = _Done()
        largest = max(variants, key=lambda each: len(each.windows))
        try:
            return replay(self._past, span, variants, Work(budget, done.set))
        except TooManyRecords as many:
            found = with_rows(known, largest, many.rows, request.end, self._most_rows)
            raise too_large(found, self._most_rows) from None
        except TimeUp:
            found = within(known, largest, max(done.share, _SLOWEST), request.end)
            raise took_too_long(found, self._seconds) from None

    def _look_up(self, entity: Entity, request: DryRunRequest) -> _Asked:
        if request.start >= request.end:
            raise InvalidInput("start", request.start.isoformat(), f"a moment before end, {request.end.isoformat()}")
        with self._pool.connection() as connection:
            variants = asked_variants(connection, entity, request, self._now())
            kind = KINDS[entity.drift_type.lower()]
            archive = _wants_archive(request)
            found = estimate(connection, kind, variants, request.end, archive=archive, most_rows=self._most_rows)
            recorded = recorded_windows(connection, entity.id, variants[0].windows.start, request.end)
        return _Asked(variants, found, recorded)


@dataclass(slots=True)
class _Done:
    """How much of the work is."""

    share: float = 0.0

    def set(self, share: float) -> None:
        self.share = share


def _wants_archive(request: DryRunRequest) -> bool:
    return request.archive is ArchiveUse.read
