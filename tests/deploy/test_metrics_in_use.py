"""Dashboard and alert rules ask for metrics that there are, by labels that these have."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from scouter.metrics import declared
from tests.deploy.deployed import dashboard, panels, rules
from tests.deploy.promql import uses_of

# Every target has these; and what Prometheus and the process' own collector have beside ours.
TARGET = {"job", "instance"}
OTHERS = {
    "up": set[str](),
    "ALERTS": {"alertname", "alertstate"},
    "process_resident_memory_bytes": set[str](),
    "process_cpu_seconds_total": set[str](),
    "process_open_fds": set[str](),
}


def labels_by_metric() -> dict[str, set[str]]:
    """Every name under which something can be asked for."""
    found = {name: set(labels) for name, labels in OTHERS.items()}
    for metric in declared():
        found[metric.name] = set(metric.labels)
        if metric.kind == "histogram":
            del found[metric.name]
            found |= {f"{metric.name}{end}": set(metric.labels) for end in ("_count", "_sum")}
            found[f"{metric.name}_bucket"] = {*metric.labels, "le"}
    return found


def expressions() -> Iterator[tuple[str, str, str]]:
    """(where, expression, text in which labels of its result are named)"""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target["legendFormat"]
    for annotation in dashboard()["annotations"]["list"]:
        yield annotation["name"], annotation["expr"], ""
    for rule in rules():
        yield rule["alert"], rule["expr"], ""


@pytest.mark.parametrize(
    ("expression", "metrics", "grouped"),
    [
        ("up == 0", {"up": set()}, set()),
        (
            'sum by (a, b) (rate(m_total{x="y{z", instance=~"$i"}[5m])) > 0.05',
            {"m_total": {"x", "instance"}},
            {"a", "b"},
        ),
        ("m unless m offset 1h or on (a) n", {"m": set(), "n": set()}, {"a"}),
        ("time() - max(m) > 1e3", {"m": set()}, set()),
    ],
)
def test_expressions_are_understood(expression: str, metrics: dict[str, set[str]], grouped: set[str]) -> None:
    uses = uses_of(expression)
    assert (uses.metrics, uses.grouped) == (metrics, grouped)


@pytest.mark.parametrize(("where", "expression", "legend"), list(expressions()))
def test_what_is_asked_for_is_there(where: str, expression: str, legend: str) -> None:
    known = labels_by_metric()
    uses = uses_of(expression)
    assert uses.metrics, where
    assert uses.metrics.keys() <= known.keys(), where
    for metric, labels in uses.metrics.items():
        assert labels <= known[metric] | TARGET, f"{where}: {metric}"
    everything = set[str]().union(*(known[metric] for metric in uses.metrics)) | TARGET
    assert uses.grouped <= everything, where
    named = set(re.findall(r"\{\{(\w+)\}\}", legend))
    assert named <= uses.grouped, f"{where}: the legend names what the result does not have"


def test_every_metric_is_on_the_dashboard() -> None:
    """A metric that nobody looks at is not worth its name."""
    shown = {name for panel in panels() for target in panel["targets"] for name in uses_of(target["expr"]).metrics}
    missing = {
        metric.name
        for metric in declared()
        if not shown & {metric.name, *(f"{metric.name}_{end}" for end in ("bucket", "sum", "count"))}
    }
    assert missing == set()
