"""Every metric, in the order in which they are declared."""

from __future__ import annotations

from scouter.metrics import declared
from tests.documentation.tables import code, table


def rendered() -> str:
    rows = [(code(metric.name), metric.kind, ", ".join(map(code, metric.labels)), metric.text) for metric in declared()]
    return table(("metric", "kind", "labels", ""), rows)
