"""Parts start in order, stop by stages within one deadline, and those that hang are named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import pytest

from scouter.metrics import PART_OK, POOL_SIZE
from scouter.runtime.health import Health, HealthCheck, HealthState
from scouter.runtime.metrics_collector import Gauge, MetricsCollector, labelled
from scouter.runtime.supervisor import LAST_SECONDS, Stage, Supervisor

FIRST, SECOND, THIRD = (Stage(name, "of the test") for name in ("first", "second", "third"))


def nothing() -> None:
    return


class Recorded:
    """A part that writes down what becomes of it. `hangs`: it takes all the time that it is given."""

    def __init__(
        self,
        name: str,
        story: list[str],
        *,
        on_start: Callable[[], None] = nothing,
        on_request: Callable[[], None] = nothing,
        on_join: Callable[[], None] = nothing,
        hangs: bool = False,
    ) -> None:
        self.name = name
        self._story = story
        self._on_start, self._on_request, self._on_join = on_start, on_request, on_join
        self._hangs = hangs

    def start(self) -> None:
        self._story.append(f"start {self.name}")
        self._on_start()

    def request_stop(self) -> None:
        self._story.append(f"ask {self.name}")
        self._on_request()

    def join(self, deadline: float) -> bool:
        self._story.append(f"join {self.name}")
        self._on_join()
        if self._hangs:
            time.sleep(max(deadline - time.monotonic(), 0.0))
        return not self._hangs

    def health_checks(self) -> Iterable[HealthCheck]:
        yield HealthCheck(self.name, lambda: HealthState(True, "well"))

    def metrics(self) -> Iterable[Gauge]:
        yield labelled(POOL_SIZE, lambda: [(self.name, 7.0)])


class Ground:
    """A supervisor, and what it tells the parts of."""

    def __init__(self) -> None:
        self.health, self.metrics = Health(), MetricsCollector()
        self.supervisor = Supervisor((FIRST, SECOND, THIRD), self.health, self.metrics)
        self.story: list[str] = []

    def part(self, name: str, *, fails: str = "", hangs: bool = False) -> Recorded:
        """`fails`: at the start, when it is asked to stop, or when it is waited for."""
        at = {f"on_{fails}": bug} if fails else {}
        return Recorded(name, self.story, hangs=hangs, **at)


def bug() -> None:
    raise ZeroDivisionError


@pytest.fixture
def ground() -> Ground:
    return Ground()


def test_parts_start_in_order_and_each_before_the_next_is_made(ground: Ground) -> None:
    def parts() -> Iterator[tuple[Stage, Recorded]]:
        for name, stage in (("a", THIRD), ("b", FIRST), ("c", SECOND)):
            ground.story.append(f"make {name}")
            yield stage, ground.part(name)

    ground.supervisor.start(parts())
    assert ground.story == ["make a", "start a", "make b", "start b", "make c", "start c"]
    assert [part.name for part in ground.supervisor.parts] == ["a", "b", "c"]


@pytest.mark.parametrize("where", ["while it starts", "while the next is made"])
def test_when_one_does_not_start_what_runs_is_stopped_and_the_error_raised(ground: Ground, where: str) -> None:
    def parts() -> Iterator[tuple[Stage, Recorded]]:
        yield THIRD, ground.part("a")
        yield FIRST, ground.part("b")
        if where == "while the next is made":
            bug()
        yield SECOND, ground.part("c", fails="start")

    with pytest.raises(ZeroDivisionError):
        ground.supervisor.start(parts())
    stopped = [line for line in ground.story if line.startswith(("ask", "join"))]
    c = [] if where == "while the next is made" else ["ask c", "join c"]
    assert stopped == ["ask b", "join b", *c, "ask a", "join a"]
    assert ground.supervisor.parts == []


def test_a_start_that_failed_gives_what_runs_a_moment_to_end(ground: Ground) -> None:
    given: list[float] = []

    class Patient(Recorded):
        def join(self, deadline: float) -> bool:
            given.append(deadline - time.monotonic())
            return True

    with pytest.raises(ZeroDivisionError):
        ground.supervisor.start([(FIRST, Patient("a", [])), (FIRST, ground.part("b", fails="start"))])
    assert given[0] > 1


def test_stages_stop_in_order_and_the_last_that_started_first(ground: Ground) -> None:
    parts = [
        (THIRD, ground.part("a")),
        (FIRST, ground.part("b")),
        (SECOND, ground.part("c")),
        (FIRST, ground.part("d")),
    ]
    ground.supervisor.start(parts)
    ground.story.clear()
    assert ground.supervisor.stop(5) == []
    assert ground.story == ["ask d", "ask b", "join d", "join b", "ask c", "join c", "ask a", "join a"]
    assert ground.supervisor.stop(5) == [], "they are stopped once"


@pytest.mark.parametrize("fails", ["request", "join"])
def test_one_that_fails_while_it_stops_is_named_and_keeps_no_other_from_it(
    ground: Ground, fails: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts = [(SECOND, ground.part("a")), (FIRST, ground.part("b")), (FIRST, ground.part("c", fails=fails))]
    ground.supervisor.start(parts)
    assert ground.supervisor.stop(5) == ["c"]
    assert {"ask a", "join a", "ask b", "join b"} <= set(ground.story)
    assert "ZeroDivisionError" in caplog.text


def test_all_that_hang_share_one_deadline_and_are_named(ground: Ground, caplog: pytest.LogCaptureFixture) -> None:
    hanging = [(FIRST, ground.part(name, hangs=True)) for name in "ab"] + [(SECOND, ground.part("c", hangs=True))]
    ground.supervisor.start([*hanging, (THIRD, ground.part("d"))])
    began = time.monotonic()
    assert ground.supervisor.stop(0.3) == ["b", "a", "c"]
    assert 0.3 + LAST_SECONDS <= time.monotonic() - began < 0.3 + LAST_SECONDS + 0.5
    assert "abandoned what took longer than SCOUTER_SHUTDOWN_SECONDS: b, a, c" in caplog.text
    assert ground.story[-1] == "join d"


def test_what_it_starts_is_asked_how_it_is_and_what_it_counts(ground: Ground) -> None:
    ground.supervisor.start([(FIRST, ground.part("a")), (SECOND, ground.part("b"))])
    assert {"a", "b"} <= ground.health.readiness().parts.keys()
    (family,) = [each for each in ground.metrics.collect() if each.name == POOL_SIZE.name]
    assert {sample.labels["pool"]: sample.value for sample in family.samples} == {"a": 7.0, "b": 7.0}


def test_two_gauges_of_one_metric_are_one_family() -> None:
    collector = MetricsCollector()
    for pool in ("one", "two"):
        collector.add(labelled(POOL_SIZE, lambda pool=pool: [(pool, 1.0)]))  # type: ignore[misc]
    collector.add(labelled(PART_OK, lambda: [("x", 1.0)]))
    families = [each for each in collector.collect() if each.name in {POOL_SIZE.name, PART_OK.name}]
    assert [(each.name, len(each.samples)) for each in families] == [(POOL_SIZE.name, 2), (PART_OK.name, 1)]
