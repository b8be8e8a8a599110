"""A part that cannot say how it is, or what it counts, hides no other."""

from __future__ import annotations

import time

import pytest
from prometheus_client.exposition import generate_latest

from scouter.metrics import DISK_FREE, POOL_SIZE, QUEUE_LIMIT
from scouter.runtime.health import Health, HealthCheck, HealthState, thread_check
from scouter.runtime.metrics_collector import MetricsCollector, gauge, labelled
from scouter.runtime.worker_thread import WorkerThread
from tests.conditions import eventually


class Sensor:
    """Something to ask, that breaks."""

    def __init__(self) -> None:
        self.broken = True

    def state(self) -> HealthState:
        return HealthState(True, f"counts {self.count():g}")

    def count(self) -> float:
        if self.broken:
            raise OSError("no such device")
        return 3.0


def test_a_gauge_that_fails_is_left_out_said_once_and_shown_again(caplog: pytest.LogCaptureFixture) -> None:
    sensor, collector = Sensor(), MetricsCollector()
    collector.add(gauge(DISK_FREE, sensor.count))
    collector.add(gauge(QUEUE_LIMIT, lambda: 5.0))
    for _ in range(3):
        page = generate_latest(collector).decode()
        assert "scouter_queue_limit 5.0" in page
        assert "\nscouter_disk_free_bytes " not in page
    assert caplog.text.count("scouter_disk_free_bytes") == 1
    assert "no such device" in caplog.text
    sensor.broken = False
    assert "\nscouter_disk_free_bytes 3.0" in generate_latest(collector).decode()
    sensor.broken = True
    generate_latest(collector)
    assert caplog.text.count("scouter_disk_free_bytes") == 2, "it is said again when it fails again"


@pytest.mark.parametrize("value", [None, "many", ()])
def test_a_value_that_is_no_number_does_not_end_the_page(value: float) -> None:
    collector = MetricsCollector()
    collector.add(labelled(POOL_SIZE, lambda: [("good", 1.0)]))
    collector.add(labelled(POOL_SIZE, lambda: [("bad", value)]))
    assert 'scouter_pool_size{pool="good"} 1.0' in generate_latest(collector).decode()


def test_a_health_check_that_fails_is_not_ok_and_the_others_are_told(caplog: pytest.LogCaptureFixture) -> None:
    sensor, health = Sensor(), Health()
    health.phase = "running"
    health.add(HealthCheck("sensor", sensor.state))
    health.add(HealthCheck("other", lambda: HealthState(True, "well"), readiness=True))
    for _ in range(3):
        report = health.readiness()
        assert report.ok, "it does not decide"
        assert report.parts["sensor"] == HealthState(False, "cannot say how it is; the log says why")
        assert report.parts["other"].ok
    assert caplog.text.count("how sensor is cannot be told") == 1
    assert dict(health.parts_ok()) == {"server": 1.0, "sensor": 0.0, "other": 1.0}
    sensor.broken = False
    assert health.readiness().parts["sensor"] == HealthState(True, "counts 3")


def test_what_cannot_say_whether_it_can_accept_anything_is_sent_nothing() -> None:
    health = Health()
    health.phase = "running"
    health.add(HealthCheck("sensor", Sensor().state, readiness=True))
    assert not health.readiness().ok


@pytest.mark.parametrize("readiness", [False, True])
def test_a_thread_that_fails_is_alive_and_not_well(readiness: bool) -> None:
    def bug() -> float:
        raise ZeroDivisionError

    thread, health = WorkerThread("unit of health", bug, retry_seconds=60), Health()
    health.phase = "running"
    health.add(thread_check("work", [thread], readiness=readiness))
    assert not health.life().ok
    thread.start()
    eventually(lambda: thread.is_failing)
    assert health.life().ok
    assert health.readiness().ok, "without new work it could not show that it is well again"
    assert health.readiness().parts["work"].ok is readiness
    thread.request_stop()
    assert thread.join(time.monotonic() + 5)
    assert not health.life().ok
    assert health.readiness().ok is not readiness
    assert health.readiness().parts["work"].detail == "does not run"
