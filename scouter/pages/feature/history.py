"""What the last checks made of one feature or metric, as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from scouter.drift.distance import distance_of
from scouter.pages.checks.run_list import remarks_of
from scouter.pages.site import addresses
from scouter.pages.site.visit import Visit
from scouter.pages.text.numbers import count, number, times_the_limit
from scouter.pages.text.times import TimeText, span
from scouter.pages.wording.outcomes import obstacle_sentence, state_in_words
from scouter.postgres.tables.alert_windows import SeenFeature
from scouter.wire.check_results import CustomObservation, NotChecked, Observation, PsiObservation

_observation = msgspec.json.Decoder(Observation).decode
_obstacle = msgspec.json.Decoder(NotChecked).decode


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One check: what became of the feature in it. `why`: it was not checked."""

    address: str
    window: TimeText
    outcome: str
    words: str
    value: str
    samples: str
    distance: str
    tags: Sequence[str]
    why: str


def value_name(drift_type: str) -> str:
    """What the column of values has."""
    return {"Psi": "PSI", "Custom": "Mean"}.get(drift_type, "Lowest to highest")


def history_rows(checks: Sequence[SeenFeature], visit: Visit) -> list[HistoryRow]:
    return [_row(check, visit) for check in checks]


def _row(check: SeenFeature, visit: Visit) -> HistoryRow:
    seen = None if check.observation is None else _observation(check.observation)
    left_out = None if check.obstacle is None else _obstacle(check.obstacle)
    outcome = _outcome(check, seen)
    distance = None if seen is None else distance_of(seen)
    return HistoryRow(
        address=addresses.check(check.id),
        window=span(check.window_start, check.window_end, visit.now, visit.reader.zone_info),
        outcome=outcome,
        words="not checked" if seen is None and left_out else state_in_words(outcome),
        value="" if seen is None else _value(seen),
        samples="" if seen is None else count(seen.samples),
        distance="" if distance is None else times_the_limit(distance.times, beyond=distance.beyond),
        tags=remarks_of(late=check.late, asked_by=check.asked_by, attempt=check.attempt),
        why="" if left_out is None else obstacle_sentence(left_out),
    )


def _outcome(check: SeenFeature, seen: Observation | None) -> str:
    """Of the feature, which is not that of the whole check."""
    if check.outcome == "failed":
        return "failed"
    if check.alerts:
        return "alert"
    return "no_data" if seen is None else "ok"


def _value(seen: Observation) -> str:
    if isinstance(seen, PsiObservation):
        return number(seen.drift)
    if isinstance(seen, CustomObservation):
        return number(seen.observed)
    return f"{number(seen.lowest)} to {number(seen.highest)}"
