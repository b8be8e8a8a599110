"""How long records are kept where, and which of them are about to go, in words."""

from __future__ import annotations

from typing import Final

from scouter.archive.periods import ArchivePeriods
from scouter.pages.text.numbers import counted
from scouter.wire.archive import ArchiveWaiting

STATES_OF_DAYS: Final[dict[str, str]] = {
    "hot": "in Postgres",
    "frozen": "on the way to a file",
    "archived": "in files",
    "expired": "gone",
}
KINDS_OF_RECORDS: Final[dict[str, str]] = {"spc": "SPC", "psi": "PSI", "custom": "custom metrics"}


def kept_in_words(periods: ArchivePeriods, store: str) -> str:
    """`store` is what people call it."""
    hot = counted(periods.hot, "day", "days")
    if periods.archive is None:
        return f"Records stay in Postgres for {hot}, then go to files in {store}, where they are kept for ever."
    return (
        f"Records stay in Postgres for {hot}, then go to files in {store}, and are deleted after "
        f"{counted(periods.archive, 'day', 'days')}."
    )


def waiting_in_words(waiting: ArchiveWaiting) -> str:
    """What the next pass of the archiver takes along. A day of one kind is one."""
    if waiting.due:
        return f"{counted(waiting.due, 'day goes', 'days go')} there with the next pass."
    return "No day waits to go there." if not waiting.held else ""
