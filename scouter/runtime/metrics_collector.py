"""The metrics that are read off the parts of one server when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from scouter.metrics import CollectedMetric
from scouter.runtime.asking import Asking

Sample = tuple[Sequence[str], float]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A metric and where it is read: pairs of the values of its labels, and its value."""

    metric: CollectedMetric
    samples: Callable[[], Iterable[Sample]]


def gauge(metric: CollectedMetric, value: Callable[[], float]) -> Gauge:
    """Of a metric without labels."""
    return Gauge(metric, lambda: [((), value())])


def labelled(metric: CollectedMetric, values: Callable[[], Iterable[tuple[str, float]]]) -> Gauge:
    """Of a metric with one label. `values` gives pairs of the label's value and the metric's."""
    return Gauge(metric, lambda: [((label,), value) for label, value in values()])


class MetricsCollector(Collector):
    """For the exposition: what is counted anywhere in the process, and the gauges of the parts of this server."""

    def __init__(self) -> None:
        self._gauges: dict[CollectedMetric, list[Gauge]] = {}
        self._asking = Asking()

    def add(self, gauge: Gauge) -> None:
        """Several gauges of one metric, of two pools for one, are shown as one metric."""
        self._gauges.setdefault(gauge.metric, []).append(gauge)

    def collect(self) -> Iterable[Metric]:
        yield from REGISTRY.collect()
        for metric, gauges in list(self._gauges.items()):
            yield metric.family(sample for each in gauges for sample in self._samples(each))

    def _samples(self, gauge: Gauge) -> Sequence[Sample]:
        """None when it cannot be read."""
        return self._asking.ask(gauge.metric.name, lambda: _read(gauge), ())


def _read(gauge: Gauge) -> Sequence[Sample]:
    """All of them, or an error: what cannot be written as a number would end the page in its middle."""
    return [(labels, float(value)) for labels, value in gauge.samples()]
