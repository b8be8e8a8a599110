"""A small file system that really fills, for tests and drills that are root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server_process import let_others_enter


class NoSmallDisk(Exception):
    """This account may not mount one."""


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[Path]:
    """A file system of so many bytes in memory. Raises `NoSmallDisk` with the reason."""
    let_others_enter(place)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0711", "small", str(place)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise NoSmallDisk(made.stderr.strip())
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def free_bytes(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def fill(place: Path, *, leave: int) -> Path:
    """Somebody else's file that takes all but `leave` bytes."""
    ballast = place / "ballast"
    with ballast.open("ab") as file:
        if (taken := free_bytes(place) - leave) > 0:
            os.posix_fallocate(file.fileno(), file.tell(), taken)
    return ballast
