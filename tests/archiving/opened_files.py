"""Which files under a directory are opened, by whatever process: Linux' inotify."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path
from types import TracebackType
from typing import Self

_IN_OPEN, _IN_ISDIR = 0x20, 0x40000000
_EVENT = struct.Struct("iIII")
_MAX_BYTES = 1 << 20


class OpenedFiles:
    """Watches the directories that are there on entry. None other is seen."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: dict[int, Path] = {}

    def __enter__(self) -> Self:
        libc = ctypes.CDLL(None, use_errno=True)
        self._file = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self._file >= 0, os.strerror(ctypes.get_errno())
        for directory in (self._root, *(path for path in self._root.rglob("*") if path.is_dir())):
            watch = libc.inotify_add_watch(self._file, os.fsencode(directory), _IN_OPEN)
            assert watch >= 0, os.strerror(ctypes.get_errno())
            self._names[watch] = directory
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def since(self) -> list[Path]:
        """Files opened since this was last asked, each as often as it was."""
        opened: list[Path] = []
        while True:
            try:
                events = os.read(self._file, _MAX_BYTES)
            except BlockingIOError:
                return opened
            opened += self._files(events)

    def _files(self, events: bytes) -> list[Path]:
        found, at = [], 0
        while at < len(events):
            watch, mask, _, length = _EVENT.unpack_from(events, at)
            name = events[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0")
            at += _EVENT.size + length
            if name and not mask & _IN_ISDIR:
                found.append(self._names[watch] / os.fsdecode(name))
        return found
