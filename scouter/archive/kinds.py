"""The kinds of records that are archived: their tables, and the columns that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    table: str
    feature: str
    """What the archive calls the column of the feature's name."""

    values: tuple[str, ...]
    """The columns that hold what was measured, in the table as in the archive."""

    def path(self, day: date, part: int, owner: str) -> str:
        """Of a file in the store. The same part always has the same name, and no other database uses it."""
        return f"{self.name}/day={day}/part-{part}-{owner}.parquet"

    def frozen_table(self, day: date, part: int) -> str:
        return f"frozen_{self.name}_{day:%Y%m%d}_{part}"


SPC = Kind("spc", "spc_record", "feature", ("value",))
PSI = Kind("psi", "psi_record", "feature", ("bin_id", "bin_count"))
CUSTOM = Kind("custom", "custom_record", "metric", ("value",))
KINDS = {kind.name: kind for kind in (SPC, PSI, CUSTOM)}
