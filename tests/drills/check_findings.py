"""What is left after a drill of checks, and whether it is what was promised."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import psycopg

from tests.alert_service import Received
from tests.drills.traffic import Message

Moment = tuple[str, datetime]  # uid and created_at: one message

STORED = """
    SELECT entity.uid, record.created_at, count(*)
    FROM (SELECT entity_id, created_at FROM spc_record
          UNION ALL SELECT entity_id, created_at FROM psi_record
          UNION ALL SELECT entity_id, created_at FROM custom_record) AS record
    JOIN entity ON entity.id = record.entity_id
    GROUP BY entity.uid, record.created_at"""
RUNS = """
    SELECT entity.uid, run.window_start, run.window_end, run.attempt, run.late, run.row_count, run.outcome
    FROM check_run AS run JOIN entity ON entity.id = run.entity_id
    ORDER BY run.entity_id, run.window_end, run.attempt"""
_DELIVERIES = "SELECT unnest(alert_ids), channel, state FROM alert_delivery"
_CHANNELS = ("console", "webhook")


@dataclass(frozen=True)
class Run:
    uid: str
    start: datetime
    end: datetime
    attempt: int
    late: bool
    row_count: int
    outcome: str


@dataclass(frozen=True)
class Findings:
    """Everything is counted in rows, windows or alerts. A promise is a count that has to be 0."""

    sent: int
    acknowledged: int
    stored: int
    windows: int
    checked_again: int  # windows, because of late records
    alerts: int
    delivered: int
    delivered_twice: int
    # --- promises
    lost: int  # rows that were acknowledged and are not there
    stored_twice: int  # rows
    duplicates: int  # windows recorded more than once
    gaps: int
    overlaps: int
    failed: int  # windows recorded as failed, with nothing wrong in any profile
    miscounted: int  # profiles whose windows do not hold what is stored
    undelivered: int  # alerts that lack a delivered delivery on some channel
    unheard: int  # alerts that the stand-in has never seen
    refused: int  # messages answered with an error
    too_often: int  # deliveries made again beyond what kills explain
    died: int  # servers that ended without being killed, or did not start

    @property
    def broken(self) -> list[str]:
        return [f"{name}: {count}" for name, count in self._promises().items() if count]

    def shown(self) -> str:
        counts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return "\n".join(f"{name.replace('_', ' '):16}{count:>9,}" for name, count in counts.items())

    def _promises(self) -> dict[str, int]:
        names = [field.name for field in dataclasses.fields(self)]
        return {name: getattr(self, name) for name in names[names.index("lost") :]}


def judge(
    conninfo: str, ledger: Sequence[Message], heard: Iterable[Received], *, refused: int, max_again: int, died: int
) -> Findings:
    """Look into the database when everything has stopped. `most_again`: deliveries that kills may have repeated."""
    with psycopg.connect(conninfo, options="-c search_path=scouter_py -c timezone=UTC") as connection:
        stored: dict[Moment, int] = {(uid, moment): count for uid, moment, count in connection.execute(STORED)}
        runs = [Run(*row) for row in connection.execute(RUNS)]
        alerts = {row[0] for row in connection.execute("SELECT id FROM alert")}
        deliveries = connection.execute(_DELIVERIES).fetchall()
    sent: dict[Moment, Message] = {(message.uid, message.created_at): message for message in ledger}
    first_runs = [run for run in runs if not run.late]
    messages = [received.json for received in heard]
    times_heard = Counter(message["key"] for message in messages)
    again = sum(times_heard.values()) - len(times_heard)
    delivered = _delivered(deliveries)
    return Findings(
        sent=sum(message.rows for message in ledger),
        acknowledged=sum(message.rows for message in ledger if message.acknowledged),
        stored=sum(stored.values()),
        windows=len(first_runs),
        checked_again=len(runs) - len(first_runs),
        alerts=len(alerts),
        delivered=len(alerts & delivered),
        delivered_twice=again,
        lost=sum(max(each.rows - stored.get(key, 0), 0) for key, each in sent.items() if each.acknowledged),
        stored_twice=sum(max(count - (sent[key].rows if key in sent else 0), 0) for key, count in stored.items()),
        duplicates=len(first_runs) - len({(run.uid, run.end) for run in first_runs}),
        gaps=sum(later.start > earlier.end for earlier, later in neighbours(first_runs)),
        overlaps=sum(later.start < earlier.end for earlier, later in neighbours(first_runs)),
        failed=sum(run.outcome == "failed" for run in runs),
        miscounted=len(miscounted(stored, runs)),
        undelivered=len(alerts - delivered),
        unheard=len(alerts - {alert_id for message in messages for alert_id in message["alert_ids"]}),
        refused=refused,
        too_often=max(again - max_again, 0),
        died=died,
    )


def miscounted(stored: dict[Moment, int], runs: Iterable[Run]) -> dict[str, tuple[int, int]]:
    """By uid, the rows that the last runs of all windows counted and those that are stored, where they differ."""
    counted: dict[str, int] = defaultdict(int)
    for run in {(run.uid, run.end): run for run in runs}.values():  # the last attempt of each window
        counted[run.uid] += run.row_count
    there: dict[str, int] = defaultdict(int)
    for (uid, _), count in stored.items():
        there[uid] += count
    differ = {uid for uid in counted.keys() | there.keys() if counted[uid] != there[uid]}
    return {uid: (counted[uid], there[uid]) for uid in differ}


def neighbours(runs: Sequence[Run]) -> list[tuple[Run, Run]]:
    """Runs of one profile whose windows follow each other; they come in that order."""
    return [pair for pair in pairwise(runs) if pair[0].uid == pair[1].uid]


def _delivered(deliveries: Iterable[tuple[Any, ...]]) -> set[int]:
    """Alerts that are delivered on every channel."""
    channels: dict[int, set[str]] = defaultdict(set)
    for alert_id, channel, state in deliveries:
        if state == "delivered":
            channels[alert_id].add(channel)
    return {alert_id for alert_id, on in channels.items() if on.issuperset(_CHANNELS)}
