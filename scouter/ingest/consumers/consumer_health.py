"""How the consumers of one transport are: which of them is down, and since when."""

from __future__ import annotations

from collections.abc import Sequence

from scouter.ingest.consumer_set import Worker
from scouter.runtime.health import PartState


def consumers_state(workers: Sequence[Worker]) -> PartState:
    down = [f"{worker.state.name} {worker.state.says}" for worker in workers if not worker.state.is_up]
    behind = sum(worker.state.lag for worker in workers if worker.state.is_up)
    says = f"{len(workers) - len(down)} of {len(workers)} consumers read, {behind} messages behind"
    return PartState(not down, "; ".join([says, *down]))
