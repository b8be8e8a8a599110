"""A profile as it might be beside the profile as it is."""

from __future__ import annotations

from datetime import datetime

from scouter.dry_run.replaying import Replayed
from scouter.wire.dry_runs import DryRunComparison, DryRunDifference


def comparison(now: Replayed, changed: Replayed) -> DryRunComparison:
    """Of what alerts in which window; windows of different schedules are the same where they close together."""
    before, after = _alerting(now), _alerting(changed)
    return DryRunComparison(
        only_now=len(before - after),
        only_changed=len(after - before),
        both=len(before & after),
        messages_now=_told(now),
        messages_changed=_told(changed),
        first_difference=_first_difference(before, after),
    )


def _alerting(run: Replayed) -> set[tuple[datetime, str]]:
    return {
        (end, alert.subject)
        for end, window in zip(run.variant.windows.ends, run.windows, strict=True)
        for alert in window.alerts
    }


def _told(run: Replayed) -> int:
    return sum(each.why_not is None for each in run.said)


def _first_difference(before: set[tuple[datetime, str]], after: set[tuple[datetime, str]]) -> DryRunDifference | None:
    different = before ^ after
    if not different:
        return None
    end, _ = min(different)
    return DryRunDifference(end, _names(before - after, end), _names(after - before, end))


def _names(pairs: set[tuple[datetime, str]], end: datetime) -> list[str]:
    return sorted(name for moment, name in pairs if moment == end)
