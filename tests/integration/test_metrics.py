"""The metrics port."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from scouter.errors import StartRefused
from scouter.metrics import declared
from scouter.server import Server
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.metrics_page import Samples, sample, samples_at
from tests.profile_documents import registration, spc_profile
from tests.server_process import PreparedServer, free_port


def spc_records(uid: str, *values: float | None) -> dict[str, object]:
    stamp = datetime.now(UTC).isoformat()
    return {
        "records": [{"Spc": {"created_at": stamp, "uid": uid, "feature": "f0", "value": value}} for value in values]
    }


# These have labels that nobody knows beforehand: of what went wrong, and of consumers and topics where there are any.
WHEN_THERE_IS_SOMETHING_TO_SAY = {
    *("scouter_store_failures_total", "scouter_consumer_lag", "scouter_messages_told_total"),
    *("scouter_kafka_missed_total", "scouter_kafka_made_anew_total", "scouter_kafka_unreadable_total"),
}


def growth(before: Samples, after: Samples, name: str, **labels: str) -> float:
    return sample(after, name, **labels) - sample(before, name, **labels)


def test_requests_are_counted_and_timed_by_route_method_and_status(server: Server, admin: HttpClient) -> None:
    before = samples_at(server.metrics_address)
    admin.get("/scouter/profile", name="secret-name", space="s", version="0.1.0", drift_type="Spc")
    admin.get("/scouter/nowhere/secret-path")
    admin.send("BREW", "/scouter/profile")
    after = samples_at(server.metrics_address)
    missing = {"method": "GET", "path": "/scouter/profile", "status": "404"}
    assert growth(before, after, "http_requests_total", **missing) == 1
    assert growth(before, after, "http_requests_duration_seconds_count", **missing) == 1
    assert growth(before, after, "http_requests_duration_seconds_bucket", **missing, le="10.0") == 1
    assert growth(before, after, "scouter_requests_refused_total", path="/scouter/profile", code="NOT_FOUND") == 1
    unrouted = {"method": "GET", "path": "(no route)", "status": "404"}
    assert growth(before, after, "http_requests_total", **unrouted) == 1
    labels = {value for _, pairs in after for _, value in pairs}
    assert not any("secret" in value or "BREW" in value for value in labels)


def test_the_buckets_are_the_reference_s(server: Server, admin: HttpClient) -> None:
    buckets = {
        dict(labels)["le"]
        for name, labels in samples_at(server.metrics_address)
        if name == "http_requests_duration_seconds_bucket"
    }
    bounds = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
    assert buckets == {*map(str, bounds), "+Inf"}


def test_records_batches_and_skips_are_counted(server: Server, admin: HttpClient) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    before = samples_at(server.metrics_address)
    assert admin.post("/scouter/message", spc_records(uid, 1.0, None, 2.0, 3.0)).status == 200
    assert admin.post("/scouter/message", {"records": "none"}).status == 400
    after = samples_at(server.metrics_address)
    assert growth(before, after, "scouter_records_stored_total", table="spc_record") == 3
    assert growth(before, after, "scouter_records_skipped_total", reason="null_value") == 1
    assert growth(before, after, "scouter_batch_messages_count") == 2, "what cannot be read is kept in quarantine"
    assert growth(before, after, "scouter_messages_total", transport="http", outcome="stored") == 1
    assert growth(before, after, "scouter_messages_total", transport="http", outcome="quarantined") == 1
    assert growth(before, after, "scouter_messages_received_total", transport="http") == 2
    assert growth(before, after, "scouter_batch_rows_sum") == 3
    assert growth(before, after, "scouter_commit_seconds_count") == 2
    assert growth(before, after, "scouter_requests_refused_total", path="/scouter/message", code="BAD_REQUEST") == 1


def test_the_parts_are_read_when_asked(server: Server, admin: HttpClient) -> None:
    samples = samples_at(server.metrics_address)
    assert sample(samples, "scouter_pool_size", pool="requests") >= 1
    assert sample(samples, "scouter_breaker_open") == 0
    assert sample(samples, "scouter_spool_bytes") > 0
    assert ("scouter_pool_errors_total", (("pool", "requests"),)) in samples
    assert sample(samples, "scouter_partitions_known") >= 16
    assert sample(samples, "scouter_queue_limit") == 2000
    assert sample(samples, "scouter_part_ok", part="writer") == 1
    assert sample(samples, "process_resident_memory_bytes") > 0


def test_a_waiting_message_is_seen_in_the_queue(database: str, server: Server, admin: HttpClient) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    assert admin.post("/scouter/message", spc_records(uid, 1.0)).status == 200
    seen = threading.Event()

    def send(client: HttpClient) -> None:
        while not seen.is_set():
            client.post("/scouter/message", spc_records(uid, 2.0))

    senders = [threading.Thread(target=send, args=(HttpClient(server.address).login(),)) for _ in range(3)]
    with psycopg.connect(database, options="-c search_path=scouter_py") as blocker:
        blocker.execute("LOCK TABLE batch_receipt IN ACCESS EXCLUSIVE MODE")
        for thread in senders:
            thread.start()
        # One is in the writer's hands and the others wait, for a second; the next second's go to the spool.
        try:
            eventually(lambda: sample(samples_at(server.metrics_address), "scouter_queue_messages") >= 1)
        finally:
            seen.set()
    for thread in senders:
        thread.join(10)
    assert sample(samples_at(server.metrics_address), "scouter_queue_messages") == 0


def test_every_declared_metric_is_served(tmp_path: Path) -> None:
    with PreparedServer(tmp_path) as process:
        metrics = f"http://127.0.0.1:{process.port + 1}"
        client = HttpClient(process.url).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        client.post("/scouter/message", spc_records(uid, 1.0, None))
        client.get("/scouter/nowhere")
        served = {name for name, _ in samples_at(metrics)}
        for metric in declared():
            name = f"{metric.name}_count" if metric.kind == "histogram" else metric.name
            assert name in served or metric.name in WHEN_THERE_IS_SOMETHING_TO_SAY, metric.name
        assert sample(samples_at(metrics), "scouter_disk_free_bytes") > 0


def test_a_taken_metrics_port_refuses_the_start(server: Server, database: str, tmp_path: Path) -> None:
    taken = int(server.address.rpartition(":")[2]) - 1
    refused = Server(settings_for(database, tmp_path, SCOUTER_SERVER_PORT=str(taken)))
    with pytest.raises(StartRefused, match=r"for metrics.*SCOUTER_SERVER_PORT"):
        refused.start()
    assert HttpClient(server.address).login().token


def test_a_stopped_server_leaves_no_thread_and_no_port(database: str, tmp_path: Path) -> None:
    port = free_port()
    before = set(threading.enumerate())
    for _ in range(2):  # at once on the same port
        running = Server(settings_for(database, tmp_path, SCOUTER_SERVER_PORT=str(port)))
        running.start()
        samples_at(running.metrics_address)
        names = {thread.name for thread in threading.enumerate()}
        assert {"http", "metrics", "writer", "maintenance", "database watch"} <= names
        running.stop()
    deadline = time.monotonic() + 5
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
