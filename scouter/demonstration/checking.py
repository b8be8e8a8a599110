"""One check for each window of the past, by the ordinary way of a check; the checks of now are another's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.checks.asked_checks import AskedChecks
from scouter.demonstration.models import DAILY, DAYS, HOURLY_CHECKED_DAYS, Watched
from scouter.demonstration.sent import CHECKED_AFTER, last_window_end, registration_time
from scouter.postgres.tables.windows import Window
from scouter.runtime.progress import Progress

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PastCheck:
    entity_id: int
    window: Window


def past_checks(models: Iterable[tuple[Watched, int]], now: datetime) -> list[PastCheck]:
    """Of models with their entities, in the order in which a server would have made them."""
    every = [PastCheck(entity_id, window) for model, entity_id in models for window in past_windows(model, now)]
    return sorted(every, key=lambda check: (check.window.end, check.entity_id))


def past_windows(model: Watched, now: datetime) -> Iterator[Window]:
    """Oldest first, from when it was registered up to now or to when it was switched off."""
    gap, days = (_DAY, DAYS) if model.schedule == DAILY else (_HOUR, HOURLY_CHECKED_DAYS)
    end = last_window_end(model, now)
    registered_at, off_at = registration_time(model, now), end - model.off * _DAY
    for number in range(int(days * _DAY / gap), 0, -1):
        window = Window(end - number * gap, end - (number - 1) * gap)
        if window.start >= registered_at and window.end <= off_at:
            yield window


def check(asked: AskedChecks, checks: Iterable[PastCheck], step: Progress) -> None:
    for each in checks:
        asked.of_window(each.entity_id, each.window, at=each.window.end + CHECKED_AFTER)
        step.advance()
