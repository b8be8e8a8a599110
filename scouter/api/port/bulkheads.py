"""Which kinds of requests there are, and how many of each are handled at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from scouter.metrics import HTTP_BUSY, HTTP_TURNED_AWAY, HTTP_WAITING
from scouter.runtime.bulkhead import Bulkhead
from scouter.runtime.metrics_collector import Gauge, labelled
from scouter.settings.settings import Settings

BulkheadName = Literal[
    "probes", "messages", "logins", "charts", "exports", "dry_runs", "outside", "pages", "rest", "port"
]
Bulkheads = Mapping[BulkheadName, Bulkhead]

# What the port says itself is short and waits for nobody: one answer for each connection at most.
_ENDLESS = 1_000_000
_EXPORT_LINE = 16


def http_bulkheads(settings: Settings) -> Bulkheads:
    """Of the server: threads of each kind, and places in the line before them."""
    http, exports = settings.http, settings.archive.max_reads
    return {
        "probes": Bulkhead("http probes", threads=2, line=100),
        # They wait for a commit, and rather in this line than not at all: whoever sent them does not send them again.
        "messages": Bulkhead("http messages", threads=http.threads, line=http.message_line),
        # Whatever wants a password hashed, messages too. The hashing itself has two threads.
        "logins": Bulkhead("http logins", threads=8, line=1000),
        "charts": Bulkhead("http charts", threads=http.chart_reads, line=64),
        # As long as the client takes to read them.
        "exports": Bulkhead("http exports", threads=exports, line=_EXPORT_LINE),
        # One at a time, so that checks and charts keep a processor; one more waits.
        "dry_runs": Bulkhead("http dry runs", threads=1, line=1),
        # As long as somebody else's service takes to answer.
        "outside": Bulkhead("http outside", threads=8, line=16),
        # Two more than make pages: they tell those who have waited long that there is no room.
        "pages": Bulkhead("http pages", threads=http.page_reads + 2, line=64),
        "rest": Bulkhead("http rest", threads=16, line=200),
        "port": Bulkhead("http port", threads=1, line=_ENDLESS),
    }


def metrics_bulkheads() -> Bulkheads:
    """Of the metrics port."""
    return {
        "probes": Bulkhead("metrics probes", threads=1, line=100),
        "rest": Bulkhead("metrics rest", threads=2, line=20),
        "port": Bulkhead("metrics port", threads=1, line=_ENDLESS),
    }


def gauges(bulkheads: Bulkheads) -> Iterable[Gauge]:
    yield labelled(HTTP_WAITING, lambda: [(name, each.waiting) for name, each in bulkheads.items()])
    yield labelled(HTTP_BUSY, lambda: [(name, each.busy) for name, each in bulkheads.items()])
    yield labelled(HTTP_TURNED_AWAY, lambda: [(name, each.turned_away) for name, each in bulkheads.items()])
