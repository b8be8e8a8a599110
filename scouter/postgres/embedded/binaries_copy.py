"""A copy of the Postgres programs beside the data, for an account that cannot reach where they are installed."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from scouter.errors import StartRefused
from scouter.postgres.embedded.binaries import Binaries
from scouter.postgres.embedded.unprivileged import Account, blocked_at
from scouter.runtime.progress import progress

log = logging.getLogger(__name__)


def reachable(binaries: Binaries, account: Account, copies: Path) -> Binaries:
    """`binaries` themselves if the account can run them, else a copy (about 41 MB) in a subdirectory of `copies`.

    A copy is made once for each build of Postgres; those of other builds are removed.
    """
    blocked = blocked_at(account, binaries.postgres) or blocked_at(account, binaries.initdb)
    if blocked is None:
        return binaries
    if not binaries.parts:
        raise StartRefused(
            [f"uid {account.uid} cannot enter {blocked}, where Postgres is installed: open it to others"]
        )
    copy = copies / _build(binaries)
    if not copy.is_dir():
        log.info("copying Postgres %s to %s: uid %d cannot enter %s", binaries.version, copy, account.uid, blocked)
        with progress(log, f"copying Postgres to {copy}"):
            _copy(binaries, copy)
    _remove_others(copy)
    return replace(binaries, directory=copy / binaries.directory.relative_to(binaries.base), base=copy)


def _build(binaries: Binaries) -> str:
    with binaries.postgres.open("rb") as program:
        digest = hashlib.file_digest(program, "sha256").hexdigest()
    return f"{binaries.version}-{digest[:12]}"


def _copy(binaries: Binaries, copy: Path) -> None:
    copy.parent.mkdir(exist_ok=True)
    copy.parent.chmod(0o711)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=copy.parent))
    for part in binaries.parts:
        shutil.copytree(binaries.base / part, partial / part)
    _open_to_others(partial)
    # Without this a power cut could leave the new name with empty files behind it, and they would pass for whole.
    os.sync()
    partial.rename(copy)


def _open_to_others(tree: Path) -> None:
    """An installation made under a strict umask is copied with its strict modes; the copy is for somebody else."""
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _remove_others(copy: Path) -> None:
    for other in copy.parent.iterdir():
        if other != copy:
            shutil.rmtree(other)
