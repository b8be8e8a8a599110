"""Which processes of this machine belong to a one-file server: by what they run, or where they work."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def processes_in(directory: Path) -> set[int]:
    """Those that run a program below it or work there, Postgres' among them."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            places = [(process / name).readlink() for name in ("exe", "cwd")]
            if any(place.is_relative_to(directory) for place in places):
                found.add(int(process.name))
    return found


def parent_of(process: int) -> int:
    text = Path(f"/proc/{process}/stat").read_text()
    return int(text.rpartition(")")[2].split()[1])
