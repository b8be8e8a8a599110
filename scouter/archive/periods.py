"""For how long records stay where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArchivePeriods:
    """In days. `late`: windows this recent are checked again. `archive` None: files are kept for ever."""

    hot: int
    late: int
    archive: int | None
