"""For whoever restarts the server (`/livez`) and whoever sends it traffic (`/readyz`)."""

from __future__ import annotations

from collections.abc import Mapping

from scouter.api.routing import AnyRoute, Route
from scouter.errors import NotReady
from scouter.runtime.health import Health, HealthState
from scouter.wire.health import LiveReply, PartReply, ReadyReply


class Probes:
    def __init__(self, health: Health) -> None:
        self._health = health

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/livez",
                lambda _: self.live(),
                "Every thread runs that the process needs. 503: restart it.",
                LiveReply,
                permission="none",
                public=True,
                bulkhead="probes",
            ),
            Route(
                "GET",
                "/readyz",
                lambda _: self.ready(),
                "What is sent now can be stored. 503 while starting, stopping, or while a needed part does not work.",
                ReadyReply,
                permission="none",
                public=True,
                bulkhead="probes",
            ),
        ]

    def live(self) -> LiveReply:
        report = self._health.life()
        if not report.ok:
            raise _not_ready("a thread has ended that the server needs", report.parts)
        return LiveReply(True, _replies(report.parts))

    def ready(self) -> ReadyReply:
        report = self._health.readiness()
        if not report.ok:
            raise _not_ready("not ready", report.parts)
        return ReadyReply(True, _replies(report.parts))


def _not_ready(message: str, parts: Mapping[str, HealthState]) -> NotReady:
    wrong = [f"{name} {state.detail}" for name, state in parts.items() if not state.ok]
    return NotReady(f"{message}: {', '.join(wrong)}", _replies(parts))


def _replies(parts: Mapping[str, HealthState]) -> dict[str, PartReply]:
    return {name: PartReply(state.ok, state.detail) for name, state in parts.items()}
