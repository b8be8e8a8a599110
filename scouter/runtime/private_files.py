"""Files and directories with other people's data in them: for this account alone, whatever the umask.

What is there already keeps the mode that somebody gave it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Literal

_FILE = 0o600
_DIRECTORY = 0o700


def make_private_directory(directory: Path) -> None:
    """With those above it that are missing."""
    if directory.is_dir():
        return
    make_private_directory(directory.parent)
    directory.mkdir(mode=_DIRECTORY, exist_ok=True)


def open_private(path: Path, mode: Literal["xb", "wb"]) -> IO[bytes]:
    """To write to it; "xb" raises `FileExistsError` when it is there."""
    return open(path, mode, opener=_opened)  # Path.open takes no opener


def make_private(path: Path) -> None:
    """An empty file, if there is none, for a library that opens files by itself."""
    os.close(_opened(str(path), os.O_WRONLY | os.O_CREAT))


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, _FILE)
