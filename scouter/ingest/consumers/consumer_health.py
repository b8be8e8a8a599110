"""How the consumers of one transport are: which of them is down, and since when."""

from __future__ import annotations

from collections.abc import Sequence

from scouter.ingest.consumer_set import Worker
from scouter.runtime.health import HealthState


def consumers_health(workers: Sequence[Worker]) -> HealthState:
    down = [f"{worker.state.name} {worker.state.detail}" for worker in workers if not worker.state.is_up]
    behind = sum(worker.state.lag for worker in workers if worker.state.is_up)
    detail = f"{len(workers) - len(down)} of {len(workers)} consumers read, {behind} messages behind"
    return HealthState(not down, "; ".join([detail, *down]))
