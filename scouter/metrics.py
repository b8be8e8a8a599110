"""Every metric of the server, declared in one place. `scripts/docs` makes the reference's table of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import Counter, Histogram
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A metric as it is found at /metrics."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    text: str


_declared: list[Declared] = []


def declared() -> list[Declared]:
    """Every metric of ours, in the order of this file. The process and the interpreter have theirs beside it."""
    return list(_declared)


@dataclass(frozen=True, slots=True)
class CollectedMetric:
    """A metric that is read off a part of the server when somebody asks, and costs nothing until then."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    text: str

    def family(self, values: Iterable[tuple[Sequence[str], float]]) -> Metric:
        """The metric with a value for each combination of labels."""
        kind = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = kind(self.name, self.text, labels=self.labels)
        for labels, value in values:
            family.add_metric(list(labels), value)
        return family


def _counter(name: str, text: str, *labels: str, known: Sequence[str] = ()) -> Counter:
    """`known` values of its one label are shown from the start: a counter that appears late looks like no events."""
    _declared.append(Declared(f"{name}_total", "counter", labels, text))
    counter = Counter(name, text, labels)
    for value in known:
        counter.labels(value)
    return counter


def _histogram(name: str, text: str, *labels: str, buckets: Sequence[float]) -> Histogram:
    _declared.append(Declared(name, "histogram", labels, text))
    return Histogram(name, text, labels, buckets=buckets)


def _collected(name: str, kind: Kind, text: str, *labels: str) -> CollectedMetric:
    _declared.append(Declared(f"{name}_total" if kind == "counter" else name, kind, labels, text))
    return CollectedMetric(name, kind, labels, text)


# --- HTTP. Names, labels and buckets of the first two are the reference's: its dashboards go on working.
HTTP_REQUESTS = _counter("http_requests", "Requests answered.", "method", "path", "status")
HTTP_SECONDS = _histogram(
    "http_requests_duration_seconds",
    "Time to answer a request, from when a thread took it.",
    *("method", "path", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REQUESTS_REFUSED = _counter("scouter_requests_refused", "Requests answered with an error, by its code.", "path", "code")
FAILED_LOGINS = _counter(
    "scouter_logins_failed",
    "Names with a wrong password, and those whose password was not judged after too many.",
    *("why",),
    known=("wrong", "not_judged"),
)
HTTP_CONNECTIONS = _collected("scouter_http_connections", "gauge", "Open connections on the HTTP port.")
HTTP_WAITING = _collected("scouter_http_waiting", "gauge", "Requests that wait for a thread.", "bulkhead")
HTTP_BUSY = _collected("scouter_http_busy", "gauge", "Threads that handle a request.", "bulkhead")
HTTP_TURNED_AWAY = _collected(
    "scouter_http_turned_away", "counter", "Requests that found the line full, and were answered 503.", "bulkhead"
)
HTTP_BROKEN_OFF = _counter(
    "scouter_http_broken_off",
    "Connections that ended in the middle: of a request, of a reply.",
    "of",
    known=("request", "reply"),
)
HTTP_LOOP_TURNS = _collected(
    "scouter_http_loop_turns", "counter", "Turns of the loop over connections: each has something to do, or a second."
)
HTTP_BODY_BYTES = _collected("scouter_http_body_bytes", "gauge", "Bytes of request bodies in memory.")
HTTP_BODIES_REFUSED = _counter(
    "scouter_http_bodies_refused",
    "Bodies of which nothing was kept: without credentials, too large, or more at once than there is room for.",
    "why",
    known=("no_credentials", "too_large", "no_room"),
)

# --- the way in
RECORDS_STORED = _counter("scouter_records_stored", "Records committed to Postgres.", "table")
RECORDS_SKIPPED = _counter("scouter_records_skipped", "Records of good messages that were left out.", "reason")
MESSAGES_RECEIVED = _collected(
    "scouter_messages_received",
    "counter",
    "Messages that were received: all outcomes and what is spooled.",
    "transport",
)
MESSAGES = _collected(
    "scouter_messages",
    "counter",
    "Messages by what became of them: stored, duplicate, quarantined, refused, empty.",
    *("transport", "outcome"),
)
MESSAGES_SPOOLED = _collected(
    "scouter_messages_spooled", "gauge", "Messages that wait in the spool for the database.", "transport"
)
QUARANTINE_MESSAGES = _collected(
    "scouter_quarantine_messages",
    "gauge",
    "Messages in quarantine, of all servers together, without those of kinds that this server does not keep.",
    "reason",
)
QUARANTINE_BYTES = _collected("scouter_quarantine_bytes", "gauge", "Bytes of these.", "reason")
UNSUPPORTED_MESSAGES = _collected(
    "scouter_unsupported_messages",
    "gauge",
    "Messages in quarantine of kinds that this server does not keep, such as spans of a tracer.",
)
UNSUPPORTED_BYTES = _collected("scouter_unsupported_bytes", "gauge", "Bytes of these.")
QUARANTINE_DROPPED = _counter(
    "scouter_quarantine_dropped",
    "Messages that left quarantine unstored because of its limits, dropped by this process.",
    "why",
    known=("age", "size", "unsupported"),
)
SPOOL_BYTES = _collected("scouter_spool_bytes", "gauge", "Bytes of the spool on the disk.")
SPOOL_DISK_FREE = _collected("scouter_spool_disk_free_bytes", "gauge", "Free space on the disk of the spool.")
BREAKER_OPEN = _collected("scouter_breaker_open", "gauge", "1 while messages go to the spool, else 0.")
BREAKER_OPENINGS = _collected("scouter_breaker_openings", "counter", "How often Postgres was found away or too slow.")
QUEUE_MESSAGES = _collected("scouter_queue_messages", "gauge", "Messages that wait for the writer.")
QUEUE_LIMIT = _collected("scouter_queue_limit", "gauge", "Messages that may wait for the writer.")
BATCH_MESSAGES = _histogram(
    "scouter_batch_messages",
    "Messages in a transaction of the writer.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)
BATCH_ROWS = _histogram(
    "scouter_batch_rows",
    "Rows in a transaction of the writer.",
    buckets=(1, 10, 100, 1000, 5000, 10_000, 20_000, 50_000, 100_000),
)
COMMIT_SECONDS = _histogram(
    "scouter_commit_seconds",
    "Time of a transaction of the writer: connection, COPY and COMMIT.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
STORE_FAILURES = _counter("scouter_store_failures", "Tries of the writer that stored nothing, by reason.", "reason")

# --- brokers
CONSUMER_LAG = _collected(
    "scouter_consumer_lag", "gauge", "Messages that a consumer knows its broker to have, not stored yet.", "consumer"
)
KAFKA_MISSED = _counter("scouter_kafka_missed", "Offsets that Kafka had deleted before they were read.", "topic")
KAFKA_UNREADABLE = _counter(
    "scouter_kafka_unreadable",
    "Tries to read messages that could not be taken apart: a codec that is missing here, or damaged bytes.",
    "topic",
)
KAFKA_MADE_ANEW = _counter(
    "scouter_kafka_made_anew",
    "Partitions whose topic was deleted and made anew: whether all of the former one was read is not known.",
    "topic",
)

# --- checks and alerts
_OUTCOMES = ("no_data", "ok", "alert", "failed")
_CHANNELS = ("console", "slack", "opsgenie", "webhook")
CHECKS = _counter("scouter_checks", "Checks that were recorded, by how they ended.", "outcome", known=_OUTCOMES)
ALERTS_DELIVERED = _counter(
    "scouter_alerts_delivered", "Notifications that a channel took.", "channel", known=_CHANNELS
)
DELIVERY_FAILURES = _counter(
    "scouter_delivery_failures", "Tries to send a notification that failed.", "channel", known=_CHANNELS
)
ALERTS_GIVEN_UP = _counter(
    "scouter_alerts_given_up", "Notifications that were never delivered.", "channel", known=_CHANNELS
)

MESSAGES_WRITTEN = _counter(
    "scouter_messages_told",
    "Messages about problems that were written for a channel.",
    "channel",
    "kind",
)
MESSAGES_HELD = _counter(
    "scouter_messages_held",
    "Looks at a problem that had something to say and did not: what kept it from that.",
    "why",
    known=("silence", "muted", "acknowledged", "resolved", "silent", "failing"),
)

PROFILES_SILENT = _collected(
    "scouter_profiles_silent", "gauge", "Active profiles that are told to be silent, of all servers together."
)

# --- the archive
_KINDS = ("spc", "psi", "custom")
ARCHIVED_RECORDS = _counter(
    "scouter_archived_records", "Records written to files for the archive, by this process.", "kind", known=_KINDS
)
ARCHIVED_BYTES = _counter("scouter_archived_bytes", "Bytes of files put into the archive.", "kind", known=_KINDS)
ARCHIVE_FAILURES = _counter(
    "scouter_archive_failures", "Passes of the archiver that broke off.", "reason", known=("store", "other")
)
ARCHIVE_DAYS_DUE = _collected("scouter_archive_days_due", "gauge", "Days that wait for the archiver.")
ARCHIVE_DAYS_HELD = _collected("scouter_archive_days_held", "gauge", "Old days that checks may still need.")
ARCHIVE_LAST_PASS = _collected(
    "scouter_archive_last_pass_seconds", "gauge", "When a pass last went through, Unix time."
)

# --- maintenance
_AGING = (
    *("alerts", "alert_deliveries", "check_runs", "late_arrivals"),
    *("problems", "problem_events", "silences"),
    *("batch_receipts", "idempotency_keys", "rabbitmq_deliveries", "ended_sessions"),
)
_TASKS = ("partitions_ahead", "observability", *_AGING, "profile_standings")
ROWS_EXPIRED = _counter(
    "scouter_rows_expired", "Rows that this process deleted because of their age.", "matter", known=_AGING
)
PARTITIONS_DROPPED = _counter(
    "scouter_partitions_dropped",
    "Days of records that this process dropped because of their age.",
    "table",
    known=("observability_record",),
)
MAINTENANCE_FAILURES = _counter(
    "scouter_maintenance_failures", "Matters of maintenance that failed.", "matter", known=_TASKS
)
MAINTENANCE_SUCCESS = _collected(
    "scouter_maintenance_success_timestamp_seconds",
    "gauge",
    "When maintenance by this process last did all it had to; 0: not yet.",
)

# --- the clocks
CLOCK_AHEAD = _collected(
    "scouter_clock_ahead_seconds", "gauge", "How far the server's clock is ahead of the database's."
)
CLOCK_JUMPS = _counter(
    "scouter_clock_jumps", "Jumps of the database's clock, ahead and back.", "direction", known=("ahead", "back")
)
TIMES_SET_BACK = _counter(
    "scouter_times_set_back",
    "Stored times that were set back because a clock had been ahead.",
    "matter",
    known=("checks", "next_runs", "leases", "retries", "deliveries", "problems", "message_groups"),
)

# --- the database
POOL_SIZE = _collected("scouter_pool_size", "gauge", "Connections of a pool.", "pool")
POOL_IDLE = _collected("scouter_pool_idle", "gauge", "Connections of a pool that nobody uses.", "pool")
POOL_WAITING = _collected("scouter_pool_waiting", "gauge", "Callers that wait for a connection.", "pool")
POOL_ERRORS = _collected("scouter_pool_errors", "counter", "Callers that got no connection in time.", "pool")
TRANSACTIONS_RETRIED = _counter(
    "scouter_transactions_retried",
    "Transactions that were tried again because others were in their way.",
    "why",
    known=("serialization", "deadlock", "lock"),
)
PARTITIONS_KNOWN = _collected("scouter_partitions_known", "gauge", "Partitions that this process knows to exist.")
DISK_FREE = _collected("scouter_disk_free_bytes", "gauge", "Free space for the embedded database.")

# --- the process
PART_OK = _collected("scouter_part_ok", "gauge", "1 when /readyz calls the part ok, else 0.", "part")
THREAD_FAILURES = _counter(
    "scouter_thread_failures", "Times that a thread failed in an unforeseen way and went on.", "thread"
)
