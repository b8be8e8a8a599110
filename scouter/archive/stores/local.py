"""The archive in a directory of this machine, or one that is mounted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from uuid import uuid4

from scouter.errors import StoreAway
from scouter.runtime.private_files import make_private_directory, open_private

if TYPE_CHECKING:
    from datafusion import SessionContext


class LocalStore:
    """Files are written under another name, brought to the disk and then renamed: nobody sees half a file."""

    is_remote = False

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self.name = str(self._root)

    def put(self, local: Path, path: str) -> None:
        self._write(path, lambda file: _copy(local, file))

    def put_bytes(self, content: bytes, path: str) -> None:
        self._write(path, lambda file: file.write(content))

    def open(self, path: str) -> IO[bytes]:
        with self._problems():
            return (self._root / path).open("rb")

    def size(self, path: str) -> int | None:
        with self._problems():
            file = self._root / path
            return file.stat().st_size if file.is_file() else None

    def delete(self, path: str) -> None:
        with self._problems():
            (self._root / path).unlink(missing_ok=True)

    def probe(self) -> None:
        """A directory that is missing is not made here: it may be a volume that is not mounted."""
        with self._problems():
            if not self._root.is_dir():
                raise FileNotFoundError(None, "there is no such directory", str(self._root))
            _can_be_used(self._root)

    def register(self, context: SessionContext) -> None:
        """Every context reads local files."""

    def url(self, path: str) -> str:
        return (self._root / path).as_uri()

    def _write(self, path: str, fill: Callable[[IO[bytes]], object]) -> None:
        target = self._root / path
        with self._problems():
            _make_directory(target.parent)
            for left in target.parent.glob(f".{target.name}.*.tmp"):  # by a process that was killed
                left.unlink(missing_ok=True)
            temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
            try:
                _fill_durably(temporary, fill)
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            _sync_directory(target.parent)

    @contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise StoreAway(self.name, _why(problem)) from problem


def _why(problem: OSError) -> str:
    what = problem.strerror or type(problem).__name__
    return f"{what}: {problem.filename}" if problem.filename else what


def _copy(local: Path, file: IO[bytes]) -> None:
    with local.open("rb") as source:
        shutil.copyfileobj(source, file, 2**20)


def _fill_durably(temporary: Path, fill: Callable[[IO[bytes]], object]) -> None:
    with open_private(temporary, "xb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())


def _make_directory(directory: Path) -> None:
    """With its parents; each new one is in its parent's list on the disk before anything is put into it."""
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    make_private_directory(directory)
    _sync_directory(directory.parent)


def _sync_directory(directory: Path) -> None:
    """What was made, renamed or deleted in it outlives a power failure."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _can_be_used(directory: Path) -> None:
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise PermissionError(None, "this user may not read and write in it", str(directory))
