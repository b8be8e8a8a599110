"""How much to log, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class LogSettings:
    title: ClassVar[str] = "Logs"

    level: str = setting(
        "LOG_LEVEL", "info", values.choice("debug", "info", "warn", "warning", "error"), "How much to log."
    )
    as_json: bool = setting("LOG_JSON", False, values.boolean, "One JSON object a line.")
