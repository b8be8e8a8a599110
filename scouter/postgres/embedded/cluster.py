"""The cluster, which is what `initdb` makes: made whole or not at all, and used by the version that made it."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from scouter.errors import StartRefused
from scouter.postgres.embedded.binaries import Binaries
from scouter.postgres.embedded.directory import DataDirectory, sync_directory
from scouter.postgres.embedded.unprivileged import Account

log = logging.getLogger(__name__)

ROLE = "scouter"
DYING_SECONDS = 3.0


def ensure_cluster(directory: DataDirectory, binaries: Binaries, account: Account, password: str) -> None:
    """Make the cluster if there is none. Raises StartRefused when there is one of another major version."""
    _remove_unfinished(directory)
    if directory.cluster.exists():
        _check_version(directory.cluster, binaries)
        return
    making = Path(tempfile.mkdtemp(prefix="initdb-", dir=directory.root))
    try:
        _initdb(making, binaries, account, password)
        # Only now, whole and flushed by initdb, does it get the name that a start looks for.
        (making / "cluster").rename(directory.cluster)
        sync_directory(directory.root)
    finally:
        shutil.rmtree(making)


def environment() -> dict[str, str]:
    """Nothing of ours: the secrets of the server are no business of Postgres, and PG* variables would steer it."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    # Messages in English, because the start reads some; and macOS needs a locale for Postgres to start at all.
    return {**kept, "LC_ALL": "C"}


def _initdb(making: Path, binaries: Binaries, account: Account, password: str) -> None:
    password_file = making / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password + "\n", "ascii")
    account.give(password_file)
    account.give(making)
    options = [f"--pgdata={making / 'cluster'}", f"--username={ROLE}", f"--pwfile={password_file}",
               "--auth=scram-sha-256", "--no-locale", "--encoding=UTF8", "--data-checksums",
               "--no-instructions"]  # fmt: skip
    command = account.command(binaries.initdb, *options)
    answer = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd="/", check=False)
    if answer.returncode != 0:
        lines = "\n".join((answer.stdout + answer.stderr).strip().splitlines()[-15:])
        raise StartRefused([f"initdb could not make a database in {making.parent}; it said:\n{lines}\n"
                            "Remove the cause, or set SCOUTER_DATA_DIR to another directory"])  # fmt: skip


def _remove_unfinished(directory: DataDirectory) -> None:
    """Remove what a killed initdb left. Its last children may be writing for a moment still."""
    deadline = time.monotonic() + DYING_SECONDS
    while unfinished := list(directory.root.glob("initdb-*")):
        for path in unfinished:
            shutil.rmtree(path, ignore_errors=True)
        if time.monotonic() > deadline:
            log.warning("cannot remove %s; it is not used, and the next start tries again", unfinished[0])
            return
        time.sleep(0.02)


def _check_version(cluster: Path, binaries: Binaries) -> None:
    found = (cluster / "PG_VERSION").read_text("ascii").strip()
    if found != str(binaries.major):
        raise StartRefused([f"{cluster} was made by Postgres {found}, and Postgres {binaries.version} "
                            f"({binaries.source}) cannot open it: install Postgres {found}, or pg_upgrade the "
                            "directory, or set SCOUTER_DATA_DIR to a new one"])  # fmt: skip
