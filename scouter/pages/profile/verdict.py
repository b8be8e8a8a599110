"""The sentence that a profile's page opens with: is anything wrong, as of when, and does data arrive?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from scouter.pages.site.visit import Visit
from scouter.pages.text.numbers import count, counted
from scouter.pages.text.plain_text import shortened
from scouter.pages.text.times import TimeText, ago, ahead, moment, span, to_the_minute
from scouter.pages.wording.outcomes import left_out_sentence, verdict, waiting_in_words
from scouter.postgres.tables.first_records import FirstRecords
from scouter.wire.profile_states import LastRun, ProfileStateItem

Words: TypeAlias = Sequence[str | TimeText]

MOST_COUNTED = 100_000
_LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is to say. `total`: features that its last check knew of. `error`: of a check that failed.

    `waiting`: what the next check waits for. `first`: what came before the first check.
    """

    item: ProfileStateItem
    total: int
    error: str | None
    waiting: str | None
    first: FirstRecords | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`bold` answers, `rest` goes on. `looks`: the state that it looks like. `is_silent`: nothing arrives."""

    looks: str
    bold: str
    rest: Words
    is_silent: bool = False


def verdict_of(standing: Standing, visit: Visit) -> Verdict:
    item = standing.item
    match item.state:
        case "off":
            return Verdict("off", "Switched off", [*_since(standing, visit), *_last_record(item, visit)])
        case "failed":
            return Verdict("failed", "The last check failed", list(_failed(standing, visit)))
        case "new":
            return _new(standing, visit)
        case "silent":
            return _stopped(standing, visit)
    if item.last_run is None or item.last_run.outcome == "no_data":
        return _silent(standing, visit)
    return _checked(standing, item.last_run, visit)


def _checked(standing: Standing, run: LastRun, visit: Visit) -> Verdict:
    item = standing.item
    left_out = max(0, standing.total - run.checked)
    bold = verdict(run.outcome, item.drift_type, run.checked, run.outside, left_out)
    rest = [*_in_check(run, visit), f". {counted(run.row_count, 'record', 'records')} seen"]
    came: Words = [".", *_last_record(item, visit)] if item.last_record_at is None else _joined(item, visit)
    more = [f" {left_out_sentence(left_out, item.drift_type)}"] if left_out and run.checked else []
    return Verdict(item.state, bold, [*rest, *came, *more])


def _joined(item: ProfileStateItem, visit: Visit) -> Words:
    assert item.last_record_at is not None  # noqa: S101  # asked before
    return ["; the last one came ", ago(item.last_record_at, visit.now, visit.reader.zone_info), "."]


def _failed(standing: Standing, visit: Visit) -> Iterator[str | TimeText]:
    item = standing.item
    if item.last_run is not None:
        yield from _in_check(item.last_run, visit, ": that of ")
    yield f": {shortened(standing.error, _LONGEST_ERROR)}" if standing.error else ""
    yield ". The next one is "
    yield from _next(standing, visit)
    yield from _last_record(item, visit)


def _silent(standing: Standing, visit: Visit) -> Verdict:
    item = standing.item
    rest: list[str | TimeText] = []
    if item.last_run is not None:
        rest += _in_check(item.last_run, visit)
    return Verdict("no_data", "No records came", [*rest, ".", *_last_record(item, visit)], is_silent=True)


def _stopped(standing: Standing, visit: Visit) -> Verdict:
    """For longer than is usual for it, whatever its last check saw."""
    since = to_the_minute(standing.item.state_since, visit.now, visit.reader.zone_info)
    return Verdict(
        "no_data", "No records come", [" since ", since, ".", *_last_record(standing.item, visit)], is_silent=True
    )


def _new(standing: Standing, visit: Visit) -> Verdict:
    item, first = standing.item, standing.first
    rest: list[str | TimeText] = [". The first check is ", *_next(standing, visit)]
    if first is None or first.since is None:
        rest += [" Registered ", ago(item.created_at, visit.now, visit.reader.zone_info), "; no record has come."]
        return Verdict("new", "Not checked yet", rest, is_silent=True)
    many = f"more than {count(MOST_COUNTED)}" if first.count > MOST_COUNTED else count(first.count)
    rest += [" Records since ", to_the_minute(first.since, visit.now, visit.reader.zone_info), f": {many}."]
    return Verdict("new", "Not checked yet", rest)


def _in_check(run: LastRun, visit: Visit, opening: str = " in the check of ") -> Words:
    return [opening, span(run.window_start, run.window_end, visit.now, visit.reader.zone_info)]


def _since(standing: Standing, visit: Visit) -> Words:
    since = to_the_minute(standing.item.state_since, visit.now, visit.reader.zone_info)
    return [" since ", since, ": it is not checked. Records are stored all the same."]


def _last_record(item: ProfileStateItem, visit: Visit) -> Words:
    if item.last_record_at is None:
        return [" No record has ever come."]
    return [" The last record came ", ago(item.last_record_at, visit.now, visit.reader.zone_info), "."]


def _next(standing: Standing, visit: Visit) -> Words:
    """When it is checked, or what that waits for when its time has come."""
    when, now, zone = standing.item.next_run, visit.now, visit.reader.zone_info
    if when <= now:
        return ["due. " + waiting_in_words(standing.waiting) if standing.waiting else "due."]
    later = ahead(when, now, zone)
    at = moment(when, now, zone)
    return [at, "."] if later.text == at.text else [at, f" ({later.text})."]
