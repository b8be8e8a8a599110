"""Where a profile stands after a check: what lists of profiles say of it without reading the whole result."""

from __future__ import annotations

from dataclasses import dataclass

from scouter.drift.distance import ranked
from scouter.wire.check_results import CheckResult


@dataclass(frozen=True, slots=True)
class Standing:
    """`checked` features of which `outside` alerted, those by name in `alerting`, and the one that is furthest.

    `furthest_distance` is in times the limit; null when there is no unit or, with `furthest_beyond`, no such number.
    """

    checked: int = 0
    outside: int = 0
    alerting: tuple[str, ...] = ()
    furthest_name: str | None = None
    furthest_distance: float | None = None
    furthest_beyond: bool = False


def standing_of(result: CheckResult | None) -> Standing:
    """Without a result nothing was checked."""
    if result is None or not result.observations:
        return Standing()
    furthest = ranked(result)[0]
    alerting = tuple(sorted({alert.subject for alert in result.alerts}))
    return Standing(
        checked=len(result.observations),
        outside=len(alerting),
        alerting=alerting,
        furthest_name=furthest.name,
        furthest_distance=furthest.distance.times,
        furthest_beyond=furthest.distance.beyond,
    )
