"""All checks of a profile, newest first: how each ended, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_profile
from scouter.pages.site.visit import Answer, Shown, Visit
from scouter.pages.text.plain_text import shortened
from scouter.pages.text.times import TimeText, ago, duration, span
from scouter.pages.wording.outcomes import kind_in_words, state_in_words
from scouter.profiles.runs import run_summaries
from scouter.wire.names import Uid
from scouter.wire.runs import RunSummary

ROWS = 50
_LONGEST_ERROR = 100

RunOutcome: TypeAlias = Literal["alert", "failed", "no_data", "ok"]
OUTCOMES: tuple[RunOutcome, ...] = ("alert", "failed", "no_data", "ok")


class RunListQuery(Struct, frozen=True):
    uid: Uid
    outcome: RunOutcome | None = None
    after: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """`remarks`: why it was made beside the schedule. `what`: its error or note, cut."""

    id: int
    outcome: str
    words: str
    window: TimeText
    finished: TimeText
    took: str
    row_count: int
    alerts: int
    remarks: Sequence[str]
    what: str | None
    address: str


class RunList:
    def __init__(self, reads: QuickReads) -> None:
        self._reads = reads

    def pages(self) -> list[Page]:
        return [Page("/profile/runs", self.show, query=RunListQuery, summary="All checks of a profile.")]

    def show(self, visit: Visit) -> Answer:
        query: RunListQuery = visit.query
        with self._reads.connection() as connection:
            profile = readable_profile(connection, visit.caller, query.uid)
            found = run_summaries(connection, profile.id, outcome=query.outcome, cursor=query.after, limit=ROWS)
        following = found.next_cursor
        return Shown(
            "runs.html",
            {
                "profile": profile,
                "kind": kind_in_words(profile.drift_type),
                "query": query,
                "rows": [_row(run, visit) for run in found.items],
                "outcomes": [(each, state_in_words(each)) for each in OUTCOMES],
                "of_profile": addresses.profile(profile.uid),
                "everything": addresses.checks(profile.uid),
                "first_page": addresses.checks(profile.uid, outcome=query.outcome) if query.after else None,
                "next_page": following and addresses.checks(profile.uid, outcome=query.outcome, after=following),
            },
        )


def remarks_of(*, late: bool, asked_by: str | None, attempt: int) -> list[str]:
    """Why a check was made beside the schedule, or again: a word or two each."""
    if late:
        return ["late records"]
    if asked_by is not None:
        return [f"asked for by {shortened(asked_by, 40)}"]
    return [f"try {attempt}"] if attempt > 1 else []


def _row(run: RunSummary, visit: Visit) -> RunRow:
    now, zone = visit.now, visit.reader.zone_info
    what = run.error or run.note
    return RunRow(
        id=run.id,
        outcome=run.outcome,
        words=state_in_words(run.outcome),
        window=span(run.window_start, run.window_end, now, zone),
        finished=ago(run.finished_at, now, zone),
        took=duration((run.finished_at - run.started_at).total_seconds()),
        row_count=run.row_count,
        alerts=run.alerts,
        remarks=remarks_of(late=run.late, asked_by=run.asked_by, attempt=run.attempt),
        what=what and shortened(what, _LONGEST_ERROR),
        address=addresses.check(run.id),
    )
