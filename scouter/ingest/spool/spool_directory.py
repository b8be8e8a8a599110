"""The spools of a directory: one file for each process, under a lock, and the files that dead processes left."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from scouter.errors import StartRefused
from scouter.ingest.spool.spool_disk import RESERVE_BYTES, SpoolDisk
from scouter.ingest.spool.spool_file import SpoolFile
from scouter.runtime.private_files import make_private_directory

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HeldSpool:
    """A spool that is locked for this process."""

    file: SpoolFile
    lock: int  # a descriptor


class SpoolDirectory:
    """Every server of a machine has a spool of its own in the same directory, one for each database."""

    def __init__(self, directory: Path, *, max_bytes: int, reserve: int = RESERVE_BYTES) -> None:
        """Raises `StartRefused` when the directory cannot be used. `reserve`: see `SpoolDisk`."""
        self.disk = SpoolDisk(directory, reserve=reserve)
        self._directory = directory
        self._max_bytes = max_bytes
        self._held: dict[Path, HeldSpool] = {}
        self._unusable: set[Path] = set()
        self._waiting: set[Path] = set()  # for room, or for whatever else keeps them from being opened
        try:
            make_private_directory(directory)
        except OSError as problem:
            raise self._refused(problem) from None

    def own(self) -> SpoolFile:
        """A spool for this process: one that was left behind, or a new one. Raises `StartRefused`."""
        try:
            for path in [*self._paths(), self._directory / f"{uuid4()}.sqlite"]:
                if (held := self._hold(path)) is not None:
                    return held.file
        except OSError as problem:
            raise self._refused(problem) from None
        raise self._refused("the log says why")

    def orphans(self) -> list[SpoolFile]:
        """Take over the spools whose processes have ended."""
        found = [held for path in self._paths() if path not in self._held and (held := self._hold(path))]
        return [held.file for held in found]

    def give_up(self, file: SpoolFile) -> None:
        """Remove a spool that is empty and not this process' own."""
        held = self._held.pop(file.path)
        file.close()
        for path in (*file.paths(), _lock_path(file.path)):
            path.unlink(missing_ok=True)
        os.close(held.lock)

    def close(self) -> None:
        for held in self._held.values():
            held.file.close()
            os.close(held.lock)
        self._held.clear()

    def _refused(self, problem: object) -> StartRefused:
        return StartRefused(
            [f"cannot make a spool in {self._directory} ({problem}): SCOUTER_SPOOL_DIR chooses another directory"]
        )

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._directory.glob("*.sqlite") if path not in self._unusable)

    def _hold(self, path: Path) -> HeldSpool | None:
        lock = _try_lock(_lock_path(path))
        if lock is None:
            return None
        file = self._open(path)
        if file is None:
            os.close(lock)
            return None
        self._waiting.discard(path)
        self._held[path] = HeldSpool(file, lock)
        return self._held[path]

    def _open(self, path: Path) -> SpoolFile | None:
        try:
            return SpoolFile(path, max_bytes=self._max_bytes, disk=self.disk)
        except sqlite3.OperationalError as problem:
            if path not in self._waiting:
                log.warning("the spool %s cannot be opened now and is tried again: %s", path, problem)
            self._waiting.add(path)
        except (sqlite3.DatabaseError, ValueError) as problem:
            # Never removed: a person may save what is in it.
            log.error("cannot read the spool %s, which stays as it is: %s", path, problem)
            self._unusable.add(path)
        return None


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _try_lock(path: Path) -> int | None:
    """The descriptor of a lock on that file; None when another process, or this one, has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    if not _is_still(path, descriptor):  # its last holder removed it meanwhile
        os.close(descriptor)
        return None
    return descriptor


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
