"""How the server is that answers: its parts, its settings without secrets, its maintenance."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from msgspec import Struct

from scouter.maintenance.outlook import outlook
from scouter.maintenance.tasks import tasks_of
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.visit import Answer, Shown, Visit
from scouter.pages.text.times import ago
from scouter.runtime.health import Health
from scouter.settings.settings import Settings
from scouter.settings.shown import ShownSetting, shown_settings

_COUNTING_SECONDS = 10.0
_LAST_PASSES = ("last maintenance", "archive")


class ServerQuery(Struct, frozen=True):
    ask: Literal["due"] | None = None


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of /readyz."""

    name: str
    is_ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class SettingGroup:
    title: str
    settings: Sequence[ShownSetting]


class ServerPage:
    def __init__(self, reads: QuickReads, health: Health, settings: Settings, now: Callable[[], datetime]) -> None:
        self._reads = reads
        self._health = health
        self._settings = settings
        self._started = now()
        self._groups = list(_groups(settings))

    def pages(self) -> list[Page]:
        return [
            Page(
                "/server",
                self.show,
                who="admin",
                query=ServerQuery,
                summary="The server that answers: parts, settings, maintenance.",
            )
        ]

    def show(self, visit: Visit) -> Answer:
        report = self._health.readiness()
        parts = [PartRow(name, state.ok, state.detail) for name, state in report.parts.items()]
        roles = self._settings.processes.roles
        values = {
            "is_ready": report.ok,
            "parts": sorted(parts, key=lambda part: part.is_ok),
            "failing": [part.name for part in parts if not part.is_ok],
            "host": socket.gethostname(),
            "process": os.getpid(),
            "roles": roles,
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "started": ago(self._started, visit.now, visit.reader.zone_info),
            "passes": [part for part in parts if part.name in _LAST_PASSES],
            "maintains": "background" in roles,
            "due": self._due(visit),
            "groups": self._groups,
        }
        return Shown("server.html", values, seconds=0 if visit.query.ask else 30)

    def _due(self, visit: Visit) -> object:
        """Only when it is asked for: it counts rows."""
        if visit.query.ask is None:
            return None
        return list(outlook(self._reads, tasks_of(self._settings), visit.now, seconds=_COUNTING_SECONDS))


def _groups(settings: Settings) -> Iterator[SettingGroup]:
    for title, rows in groupby(shown_settings(settings), key=lambda each: each.group):
        yield SettingGroup(title, list(rows))
