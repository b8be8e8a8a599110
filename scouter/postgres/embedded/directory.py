"""The data directory of the embedded Postgres: its layout, where it really is, and who holds it.

postgres/           the cluster, owned by the account that runs Postgres
run/                the unix socket, unless the path is too long for one
socket-directory    names the temporary directory of the socket when it is not run/
password            of the role `scouter`, mode 0600
lock                held by flock for the life of a server; holds its pid
postgres.log        what Postgres says; postgres.log.1 is the one before
binaries/           a copy of Postgres, if the account cannot reach the installed one
initdb-*/           a cluster in the making
moved-to            instead of all these: where they are
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from scouter.errors import StartRefused
from scouter.postgres.embedded.unprivileged import Account, account_for, blocked_at

log = logging.getLogger(__name__)

LOCK_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True)
class DataDirectory:
    """The paths below `root`, which is where the data really is."""

    root: Path

    @property
    def cluster(self) -> Path:
        return self.root / "postgres"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def socket_record(self) -> Path:
        return self.root / "socket-directory"

    @property
    def password(self) -> Path:
        return self.root / "password"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"

    @property
    def binaries(self) -> Path:
        return self.root / "binaries"


def present_directory(requested: Path) -> DataDirectory:
    """The directory as it is now, following the note of an earlier move. Creates nothing."""
    try:
        return DataDirectory(read_path(requested.resolve() / "moved-to"))
    except FileNotFoundError:
        return DataDirectory(requested.resolve())


def prepare_directory(requested: Path, account_name: str, moved_base: Path) -> tuple[DataDirectory, Account]:
    """Make the directory, or find or choose another one if the account that runs Postgres cannot enter it."""
    _make(requested.resolve())
    directory = present_directory(requested)
    if not directory.root.is_dir():
        note = requested.resolve() / "moved-to"
        raise StartRefused([f"{note} says that the data is in {directory.root}, which is not there: bring it back, or "
                            "remove the note to begin with an empty database"])  # fmt: skip
    account = account_for(directory.cluster, account_name)
    blocked = blocked_at(account, directory.root)
    if blocked is not None:
        directory = _move(directory, account, blocked, moved_base)
        account = account_for(directory.cluster, account_name)
    elif directory.root != requested.resolve():
        log.warning("the embedded database of %s is in %s, where an earlier start moved it", requested, directory.root)
    return directory, account


def hold(directory: DataDirectory) -> int:
    """Take the lock of the directory for as long as the returned descriptor is open. Raises StartRefused."""
    descriptor = open_private(directory.lock, os.O_RDWR)
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS  # `held` takes the lock for an instant to look
    while not _try_lock(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise StartRefused([f"{directory.root} is in use by another server, {_who(holder)}: stop that one, "
                                "or set SCOUTER_DATA_DIR to another directory"])  # fmt: skip
        time.sleep(0.02)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return descriptor


def _who(process: str) -> str:
    """Containers count their processes from 1, each for itself."""
    return f"process {process}{' of another container' if process == str(os.getpid()) else ''}"


def held(directory: DataDirectory) -> bool:
    """Whether a living process holds the directory."""
    try:
        descriptor = os.open(directory.lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def password_of(directory: DataDirectory) -> str:
    """The password of the role `scouter`, made before the cluster and kept beside it."""
    if directory.password.is_file():
        return directory.password.read_text("ascii").strip()
    if directory.cluster.exists():
        raise StartRefused([f"{directory.password} is missing, and without it the database cannot be opened: "
                            "bring it back from a copy, or set SCOUTER_DATA_DIR to another directory"])  # fmt: skip
    password = secrets.token_urlsafe(32)
    write_private(directory.password, password + "\n")
    return password


def read_path(file: Path) -> Path:
    """The one that `write_private` wrote. Paths are bytes, and need not be text."""
    return Path(os.fsdecode(file.read_bytes().strip()))


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 that is whole or not there, power cuts included."""
    partial = path.with_name(path.name + ".partial")
    descriptor = open_private(partial, os.O_WRONLY | os.O_TRUNC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.fsencode(text))
        file.flush()
        os.fsync(descriptor)
    partial.rename(path)
    sync_directory(path.parent)


def open_private(path: Path, flags: int) -> int:
    """Open or create a file of mode 0600 that belongs to whoever owns its directory.

    Root may work in the directory of an ordinary user who started the server before and will again: the files stay
    that user's, and no link that the user planted is followed.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make(path: Path) -> None:
    """Make what is missing. As root it must be passable for the account that runs Postgres, and only passable."""
    missing = [step for step in (path, *path.parents) if not step.exists()]
    for step in reversed(missing):
        step.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            step.chmod(0o711)
        elif step == path:
            step.chmod(0o700)


def _move(directory: DataDirectory, account: Account, blocked: Path, moved_base: Path) -> DataDirectory:
    """Choose a directory that the account can enter, and leave a note of it in the one that was asked for.

    The alternative, Postgres with the capability to pass every directory, would let SQL read every file of the
    machine, and containers do not have that capability to give.
    """
    _refuse_move(directory, account, blocked)
    requested = directory.root
    digest = hashlib.sha256(os.fsencode(requested)).hexdigest()[:16]
    moved = DataDirectory(moved_base.resolve() / f"scouter-{digest}")
    _make(moved.root)
    still_blocked = blocked_at(account, moved.root)
    if still_blocked is not None or moved.root.stat().st_uid != 0:
        raise StartRefused([f"uid {account.uid}, which runs Postgres, cannot enter {blocked}, and {moved.root} cannot "
                            "take the data either: set SCOUTER_DATA_DIR to a directory others can enter"])  # fmt: skip
    write_private(requested / "moved-to", f"{moved.root}\n")
    log.warning("Postgres runs as uid %d, which cannot enter %s: the embedded database is in %s instead of %s",
                account.uid, blocked, moved.root, requested)  # fmt: skip
    return moved


def _refuse_move(directory: DataDirectory, account: Account, blocked: Path) -> None:
    """A cluster that is there already, or a mounted volume, must not be passed over in silence."""
    reason = ""
    if directory.cluster.exists():
        reason = f"the database in {directory.root} belongs to uid {account.uid}, which cannot enter {blocked} any more"
    elif directory.root.is_mount():
        reason = f"{directory.root} is a mounted volume that uid {account.uid}, which runs Postgres, cannot enter"
    if reason:
        raise StartRefused([f"{reason}: let others pass (chmod o+x {blocked}), or move the directory to where they can "
                            "and set SCOUTER_DATA_DIR"])  # fmt: skip
