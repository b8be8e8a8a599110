"""How the server is: what each part says of itself, and what that means for who sends traffic or restarts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class HealthState:
    """Is it all right, and a few words that anybody may read."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A part and what depends on it: `life` when only a restart brings it back, `readiness` to accept anything."""

    name: str
    state: Callable[[], HealthState]
    life: bool = False
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
        self.phase: Literal["starting", "running", "stopping"] = "starting"

    def add(self, part: HealthCheck) -> None:
        self._parts.append(part)

    def parts_ok(self) -> Iterable[tuple[str, float]]:
        """For /metrics: 1 for each part that /readyz calls ok, else 0."""
        return [(name, float(state.ok)) for name, state in self.readiness().parts.items()]

    def life(self) -> Report:
        """Does every thread run that the process needs. False: restart it."""
        states = {part.name: part.state() for part in self._parts if part.life}
        return Report(self.phase != "running" or all(state.ok for state in states.values()), states)

    def readiness(self) -> Report:
        """Can it durably accept what it is there for. All parts are listed, also those that do not decide."""
        states = {part.name: part.state() for part in self._parts}
        needed = all(states[part.name].ok for part in self._parts if part.readiness)
        return Report(needed and self.phase == "running", {"server": self._server(), **states})

    def _server(self) -> HealthState:
        return HealthState(self.phase == "running", self.phase)


def thread_check(name: str, alive: Callable[[], bool], *, readiness: bool = False) -> HealthCheck:
    """The part of a thread that runs as long as the process."""

    def state() -> HealthState:
        return HealthState(True, "runs") if alive() else HealthState(False, "does not run")

    return HealthCheck(name, state, life=True, readiness=readiness)
