"""The metrics that are read off the parts of one server when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from scouter.metrics import POOL_ERRORS, POOL_IDLE, POOL_SIZE, POOL_WAITING, CollectedMetric
from scouter.postgres.connections.pool import Pool

_POOL_READINGS = (
    (POOL_SIZE, "pool_size"),
    (POOL_IDLE, "pool_available"),
    (POOL_WAITING, "requests_waiting"),
    (POOL_ERRORS, "requests_errors"),
)


class MetricsCollector(Collector):
    """A collector for the exposition: what is counted anywhere in the process, and the readings of this server."""

    def __init__(self) -> None:
        self._values: list[tuple[CollectedMetric, Callable[[], float]]] = []
        self._pools: list[Pool] = []
        self._tables: list[tuple[CollectedMetric, Callable[[], Iterable[tuple[Sequence[str], float]]]]] = []
        self._several: list[tuple[CollectedMetric, Callable[[], Iterable[tuple[str, float]]]]] = []

    def add(self, reading: CollectedMetric, value: Callable[[], float]) -> None:
        self._values.append((reading, value))

    def add_labelled(self, reading: CollectedMetric, values: Callable[[], Iterable[tuple[str, float]]]) -> None:
        """`values` gives pairs of the one label's value and the reading."""
        self._several.append((reading, values))

    def add_table(self, reading: CollectedMetric, values: Callable[[], Iterable[tuple[Sequence[str], float]]]) -> None:
        """`values` gives pairs of the values of all labels and the reading."""
        self._tables.append((reading, values))

    def add_pool(self, pool: Pool) -> None:
        self._pools.append(pool)

    def collect(self) -> Iterable[Metric]:
        yield from REGISTRY.collect()
        for reading, value in self._values:
            yield reading.family([((), value())])
        for reading, values in self._several:
            yield reading.family(((label,), value) for label, value in values())
        for reading, table in self._tables:
            yield reading.family(table())
        yield from self._of_pools()

    def _of_pools(self) -> Iterable[Metric]:
        stats = [(pool.name, pool.get_stats()) for pool in self._pools]
        for reading, key in _POOL_READINGS:
            yield reading.family(((name,), each.get(key, 0)) for name, each in stats)
