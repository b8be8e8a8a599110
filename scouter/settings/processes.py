"""What this process is there for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    title: ClassVar[str] = "Processes"

    roles: tuple[values.Role, ...] = setting(
        "SCOUTER_ROLES",
        ("http", "consumers", "background"),
        values.roles,
        "What this process does: http (requests), consumers (brokers), background (maintenance, checks).",
    )
