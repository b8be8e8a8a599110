"""The directory of the unix socket: inside the data directory, or a temporary one when that path cannot hold one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from scouter.errors import StartRefused
from scouter.postgres.embedded.directory import DataDirectory, read_path, write_private
from scouter.postgres.embedded.settings import PORT
from scouter.postgres.embedded.unprivileged import Account, blocked_at

LONGEST_SOCKET_PATH = 103  # bytes: 107 on Linux, 103 on macOS and the BSDs
TEMPORARY_PREFIX = "scouter-"


def make_socket_directory(directory: DataDirectory, account: Account) -> Path:
    """A directory for the socket that only `account` (and root) can enter."""
    remove_temporary(directory)
    if _usable(directory.run):
        _remove_sockets(directory.run)
        return _private(directory.run, account)
    temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=_temporary_base(account)))
    write_private(directory.socket_record, f"{temporary}\n")
    return _private(temporary, account)


def remove_temporary(directory: DataDirectory) -> None:
    """Remove the temporary directory that the record names, if there is one. Removes sockets only, never a tree."""
    if not directory.socket_record.is_file():
        return
    temporary = read_path(directory.socket_record)
    if temporary.name.startswith(TEMPORARY_PREFIX) and temporary.is_dir() and not temporary.is_symlink():
        _remove_sockets(temporary)
        temporary.rmdir()
    directory.socket_record.unlink()


def _remove_sockets(directory: Path) -> None:
    """A killed Postgres leaves its socket and a lock file, whose process number may be another program's by now."""
    for socket in directory.glob(".s.PGSQL.*"):
        socket.unlink(missing_ok=True)


def _usable(directory: Path) -> bool:
    """Short enough for a socket, text, and without the characters that separate hosts and directories in a list."""
    path = str(directory / f".s.PGSQL.{PORT}")
    is_text = not any("\ud800" <= character <= "\udfff" for character in path)  # else it is in no conninfo
    is_short = len(os.fsencode(path)) <= LONGEST_SOCKET_PATH
    return is_text and is_short and not any(character in path for character in ',"\n')


def _private(path: Path, account: Account) -> Path:
    path.mkdir(mode=0o700, exist_ok=True)
    account.give(path)
    return path


def _temporary_base(account: Account) -> Path:
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - the directory made in it is private
        if _usable(base / f"{TEMPORARY_PREFIX}xxxxxxxx") and blocked_at(account, base) is None:
            return base
    raise StartRefused(["no directory with a path short enough for the socket of Postgres: set SCOUTER_DATA_DIR to a "
                        "shorter path, or TMPDIR to one that others can enter"])  # fmt: skip
