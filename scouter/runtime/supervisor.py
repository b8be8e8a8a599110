"""Starts the parts of a server in order, and stops them stage by stage within one deadline."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scouter.runtime.health import Health
from scouter.runtime.metrics_collector import MetricsCollector
from scouter.runtime.part import Part

log = logging.getLogger(__name__)

# The first stages may use up all the time of a stop. What they accepted has this much more to be brought to safety.
LAST_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Parts that stop together. `why` says why they stop at this point, and not earlier or later."""

    name: str
    why: str


class Supervisor:
    """Owns the parts that it has started."""

    def __init__(self, stages: Sequence[Stage], health: Health, metrics: MetricsCollector) -> None:
        """`stages`: in the order in which they are stopped."""
        self._stages = stages
        self._health = health
        self._metrics = metrics
        self._started: list[tuple[Stage, Part]] = []

    @property
    def parts(self) -> list[Part]:
        """Those that run, in the order in which they were started."""
        return [part for _, part in self._started]

    def start(self, parts: Iterable[tuple[Stage, Part]]) -> None:
        """Start each part as it comes: whoever makes them may use one that has started to make the next.

        When one does not start, whatever runs is stopped, and the error raised.
        """
        try:
            for stage, part in parts:
                self._start(stage, part)
        except BaseException:
            self.stop(LAST_SECONDS)
            raise

    def stop(self, seconds: float) -> list[str]:
        """End every part, within `seconds` and a moment. The names of those that had to be abandoned."""
        deadline = time.monotonic() + seconds
        abandoned: list[str] = []
        for number, stage in enumerate(self._stages):
            parts = [part for each, part in reversed(self._started) if each is stage]
            abandoned += _stop_together(parts, deadline if number == 0 else deadline + LAST_SECONDS)
        self._started.clear()
        if abandoned:
            log.error("abandoned what took longer than SCOUTER_SHUTDOWN_SECONDS: %s", ", ".join(abandoned))
        return abandoned

    def _start(self, stage: Stage, part: Part) -> None:
        for check in part.health_checks():
            self._health.add(check)
        for gauge in part.metrics():
            self._metrics.add(gauge)
        self._started.append((stage, part))
        part.start()


def _stop_together(parts: Sequence[Part], deadline: float) -> list[str]:
    asked = [part for part in parts if _request_stop(part)]
    return [part.name for part in parts if part not in asked or not _join(part, deadline)]


def _request_stop(part: Part) -> bool:
    try:
        part.request_stop()
    except Exception:  # one part's trouble must not keep the others from being stopped
        log.exception("%s could not be asked to stop", part.name)
        return False
    return True


def _join(part: Part, deadline: float) -> bool:
    try:
        return part.join(deadline)
    except Exception:  # as above
        log.exception("%s failed while it stopped", part.name)
        return False
