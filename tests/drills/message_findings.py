"""What is left after a drill of messages, and whether it is what was promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from tests.drills import message_promises as promises
from tests.drills.check_findings import RUNS, STORED, Run, miscounted, neighbours
from tests.drills.late_services import LateServices
from tests.drills.message_hearing import Hearing
from tests.drills.stored_messages import Stored

_SHOWN = 10


@dataclass(frozen=True)
class Outside:
    """What the drill knows of itself. `most_again`: messages that kills may have repeated."""

    services: LateServices
    silences: int
    refused: Sequence[str]
    died: Sequence[str]
    most_again: int


@dataclass(frozen=True)
class Findings:
    """`promises`: of each what breaks it, which has to be nothing. `doubled`: what was heard again, by its key."""

    counts: Mapping[str, int]
    promises: Mapping[str, Sequence[str]]
    doubled: Sequence[str]

    @property
    def broken(self) -> list[str]:
        return [f"{name}: {len(found)}" for name, found in self.promises.items() if found]

    def shown(self) -> str:
        counts = [f"{name:28}{count:>9,}" for name, count in self.counts.items()]
        kept = [f"{name:28}{len(found):>9,}" for name, found in self.promises.items()]
        details = [f"{name}: {each}" for name, found in self.promises.items() for each in found[:_SHOWN]]
        return "\n".join([*counts, *kept, *(f"heard again: {each}" for each in self.doubled), *details])


def judge(conninfo: str, outside: Outside) -> Findings:
    """Look into the database when everything has stopped."""
    with psycopg.connect(conninfo, options="-c search_path=scouter_py -c timezone=UTC") as connection:
        stored = Stored.read(connection)
        rows = {(uid, moment): count for uid, moment, count in connection.execute(STORED)}
        runs = [Run(*row) for row in connection.execute(RUNS)]
    hearing = Hearing.of(stored.messages, outside.services)
    return Findings(
        _counts(stored, runs, hearing, outside),
        {name: list(found) for name, found in _promises(stored, rows, runs, hearing, outside).items()},
        [each.name for each in hearing.doubled],
    )


def _counts(stored: Stored, runs: Sequence[Run], hearing: Hearing, outside: Outside) -> dict[str, int]:
    sent = [each for each in stored.messages if each.state == "delivered"]
    kinds = Counter(f"told {news.state}" for each in sent for news in each.content.problems)
    fired = sum(step.kind == "firing" for each in stored.problems.values() for step in each.steps)
    return {
        "windows": sum(not run.late for run in runs),
        "windows checked again": sum(run.late for run in runs),
        "problems": len(stored.problems),
        "times that one fired": fired,
        "episodes never told": promises.untold_episodes(stored, promises.tellings_of(stored)),
        "silences": outside.silences,
        "times that one was held": sum(each.held for each in stored.problems.values()),
        "messages sent": len(sent),
        "messages replaced": sum(each.state == "replaced" for each in stored.messages),
        **dict(sorted(kinds.items())),
        "requests heard": hearing.requests,
        "messages heard again": len(hearing.doubled),
    }


def _promises(
    stored: Stored,
    rows: dict[tuple[str, datetime], int],
    runs: Sequence[Run],
    hearing: Hearing,
    outside: Outside,
) -> dict[str, Iterator[str] | Sequence[str]]:
    tellings = promises.tellings_of(stored)
    otherwise = [each.name for each in hearing.doubled if not each.was_cut_off]
    too_often = len(hearing.doubled) - outside.most_again
    return {
        "windows wrong": _wrong_windows(rows, runs),
        "problems wrong": promises.wrong_problems(stored),
        "sequences wrong": promises.wrong_sequences(stored),
        "tellings wrong": promises.wrong_tellings(stored, tellings),
        "tellings not noted": promises.unnoted_tellings(stored),
        "memories wrong": promises.wrong_memories(stored, tellings),
        "untold": promises.untold(stored),
        "undelivered": [each.name for each in stored.messages if each.state in ("pending", "given_up")],
        "unheard": hearing.unheard,
        "unexplained": hearing.unexplained,
        "heard again without a kill": otherwise,
        "heard again too often": [f"{too_often} more than kills explain"] if too_often > 0 else [],
        "refused": outside.refused,
        "died": outside.died,
    }


def _wrong_windows(rows: dict[tuple[str, datetime], int], runs: Sequence[Run]) -> Iterator[str]:
    """Recorded twice, with gaps or overlaps, as failed, or without some of their records."""
    first = [run for run in runs if not run.late]
    windows = Counter((run.uid, run.end) for run in first)
    yield from (f"{uid} until {end} was recorded {count} times" for (uid, end), count in windows.items() if count > 1)
    for earlier, later in neighbours(first):
        if later.start != earlier.end:
            yield f"{later.uid} from {later.start} follows one until {earlier.end}"
    yield from (f"{run.uid} until {run.end} failed" for run in runs if run.outcome == "failed")
    for uid, (counted, there) in miscounted(rows, runs).items():
        yield f"{uid} has {there} records, and {counted} were checked"
