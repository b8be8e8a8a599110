"""Request metrics of the service that a model runs in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from scouter.demonstration.models import ServiceRoute
from scouter.demonstration.random_values import busyness, generator_of
from scouter.demonstration.sent import Sent

_EVERY = timedelta(minutes=15)
_PERCENTILES = {"p5": 0.55, "p25": 0.8, "p50": 1.0, "p95": 2.1, "p99": 3.6}  # in medians


def request_metrics(uid: str, routes: Sequence[ServiceRoute], days: int, now: datetime) -> Iterator[Sent]:
    """A message for each quarter of an hour. It carries no time: that of its arrival is what counts."""
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    times = [end - n * _EVERY for n in range(int(timedelta(days=days) / _EVERY), 0, -1)]
    shares = busyness(np.array([(end - each) / timedelta(days=1) for each in times]))
    random = generator_of(*(each.name for each in routes))
    for at, share in zip(times, shares.tolist(), strict=True):
        made = [_of_route(each, share, random) for each in routes]
        totals = {name: sum(each[name] for each in made) for name in ("request_count", "error_count")}
        record = {"uid": uid, **totals, "route_metrics": made}
        yield Sent(msgspec.json.encode({"records": [{"Observability": record}]}), at)


def _of_route(route: ServiceRoute, share: float, random: np.random.Generator) -> dict[str, Any]:
    requests = int(random.poisson(route.requests * share)) + 1
    errors = int(random.binomial(requests, route.errors))
    median = route.latency * (0.9 + 0.3 * share) * float(random.lognormal(0.0, 0.06))
    return {
        "route_name": route.name,
        "metrics": {name: round(median * times, 3) for name, times in _PERCENTILES.items()},
        "request_count": requests,
        "error_count": errors,
        "error_latency": round(median * 5, 3) if errors else None,
        "status_codes": {"200": requests - errors, **({"500": errors} if errors else {})},
    }
