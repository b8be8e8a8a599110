"""How the server is: what each part says of itself, and what that means for who sends traffic or restarts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scouter.runtime.asking import Asking
from scouter.runtime.worker_thread import WorkerThread


@dataclass(frozen=True, slots=True)
class HealthState:
    """Is it all right, and a few words that anybody may read."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A part and what depends on it: `readiness` to accept anything; not to be alive when only a restart helps."""

    name: str
    state: Callable[[], HealthState]
    life: Callable[[], HealthState] | None = None
    readiness: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question, with the parts that were asked."""

    ok: bool
    parts: Mapping[str, HealthState]


class Health:
    """Asks the parts. They answer from memory, so probes cost nothing and wait for nobody."""

    def __init__(self) -> None:
        self._parts: list[HealthCheck] = []
        self._asking = Asking()
        self.phase: Literal["starting", "running", "stopping"] = "starting"

    def add(self, part: HealthCheck) -> None:
        self._parts.append(part)

    def parts_ok(self) -> Iterable[tuple[str, float]]:
        """For /metrics: 1 for each part that /readyz calls ok, else 0."""
        return [(name, float(state.ok)) for name, state in self.readiness().parts.items()]

    def life(self) -> Report:
        """Does every thread run that the process needs. False: restart it."""
        states = {part.name: self._ask(part, part.life) for part in self._parts if part.life is not None}
        return Report(self.phase != "running" or all(state.ok for state in states.values()), states)

    def readiness(self) -> Report:
        """Can it durably accept what it is there for. All parts are listed, also those that do not decide."""
        states = {part.name: self._ask(part, part.state) for part in self._parts}
        needed = all(states[part.name].ok for part in self._parts if part.readiness)
        return Report(needed and self.phase == "running", {"server": self._server(), **states})

    def _ask(self, part: HealthCheck, question: Callable[[], HealthState]) -> HealthState:
        return self._asking.ask(f"how {part.name} is", question, _UNKNOWN)

    def _server(self) -> HealthState:
        return HealthState(self.phase == "running", self.phase)


_UNKNOWN = HealthState(False, "cannot say how it is; the log says why")
_RUNS = HealthState(True, "runs")
_DEAD = HealthState(False, "does not run")
_FAILS = HealthState(False, "failed and tries again; the log says why")


def thread_check(name: str, threads: Sequence[WorkerThread], *, readiness: bool = False) -> HealthCheck:
    """The part of threads that run as long as the process.

    One that rests after a failure does not work, and is no reason to restart. Nor is it one to send nothing more,
    when `readiness` depends on it: without new work it could not show that it is well again.
    """

    def life() -> HealthState:
        return _RUNS if all(thread.alive for thread in threads) else _DEAD

    def state() -> HealthState:
        return _FAILS if life().ok and any(thread.is_failing for thread in threads) else life()

    return HealthCheck(name, life if readiness else state, life, readiness)
