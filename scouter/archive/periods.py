"""For how long records stay where."""

from __future__ import annotations

from dataclasses import dataclass

from scouter.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class ArchivePeriods:
    """In days. `late`: windows this recent are checked again. `archive` None: files are kept for ever."""

    hot: int
    late: int
    archive: int | None

    @classmethod
    def of(cls, settings: Settings) -> ArchivePeriods:
        return cls(settings.records.retention_days, settings.checks.late_days, settings.retention.archive_days)
