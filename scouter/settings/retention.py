"""What goes at which age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    title: ClassVar[str] = "Retention"

    alert_days: int = setting(
        "SCOUTER_ALERT_DAYS",
        365,
        values.integer(1, 36_500),
        "Days after which an alert is deleted, whatever its state.",
    )
    observability_days: int = setting(
        "SCOUTER_OBSERVABILITY_DAYS", 60, values.integer(1, 36_500), "Days for which request metrics are kept."
    )
    archive_days: int | None = setting(
        "SCOUTER_ARCHIVE_DAYS",
        None,
        values.integer(1, 36_500),
        "Days after which records leave the archive too.",
        shown_default="kept for ever",
    )
