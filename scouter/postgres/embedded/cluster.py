"""The cluster, which is what `initdb` makes: made whole or not at all, and used by the version that made it."""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from scouter.errors import StartRefused
from scouter.postgres.embedded.binaries import Binaries
from scouter.postgres.embedded.directory import DataDirectory, sync_directory
from scouter.postgres.embedded.scram_verifier import scram_verifier
from scouter.postgres.embedded.unprivileged import Account
from scouter.runtime.progress import progress

log = logging.getLogger(__name__)

ROLE = "scouter"
DYING_SECONDS = 3.0


def ensure_cluster(directory: DataDirectory, binaries: Binaries, account: Account, password: str) -> None:
    """Make the cluster if there is none. Raises StartRefused when there is one that Postgres cannot open."""
    _remove_unfinished(directory)
    if directory.cluster.exists():
        _check_version(directory.cluster, binaries)
        _check_owner(directory.cluster, account)
        return
    making = Path(tempfile.mkdtemp(prefix="initdb-", dir=directory.root))
    try:
        with progress(log, f"making a database in {directory.root}"):
            _initdb(making, binaries, account, password)
        # Only now, whole and flushed by initdb, does it get the name that a start looks for.
        (making / "cluster").rename(directory.cluster)
        sync_directory(directory.root)
    finally:
        # Children of an initdb that was broken off may be writing still: the next start removes what is left.
        shutil.rmtree(making, ignore_errors=True)


def _check_owner(cluster: Path, account: Account) -> None:
    """Root never owns a cluster, for Postgres does not run as root: then `cp -r` has brought it here."""
    if account.drop and cluster.stat().st_uid == 0:
        raise StartRefused([f"{cluster} belongs to root, and Postgres runs as uid {account.uid}: was it copied without "
                            f"its owners? chown -R {account.uid}:{account.gid} {shlex.quote(str(cluster))} "
                            "gives it back"])  # fmt: skip


def environment() -> dict[str, str]:
    """Nothing of ours: the secrets of the server are no business of Postgres, and PG* variables would steer it."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    # Messages in English, because the start reads some; and macOS needs a locale for Postgres to start at all.
    return {**kept, "LC_ALL": "C"}


def _initdb(making: Path, binaries: Binaries, account: Account, password: str) -> None:
    password_file = making / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(scram_verifier(password) + "\n", "ascii")
    account.give(password_file)
    account.give(making)
    options = [f"--pgdata={making / 'cluster'}", f"--username={ROLE}", f"--pwfile={password_file}",
               "--auth=scram-sha-256", "--no-locale", "--encoding=UTF8", "--data-checksums",
               "--no-instructions"]  # fmt: skip
    command = account.command_with_name(binaries.initdb, *options)
    # It prints paths, which are bytes and need not be text.
    answer = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=environment(), cwd="/", check=False
    )
    if answer.returncode != 0 and not account.has_name:
        raise _nameless(account, answer.stderr)
    if answer.returncode != 0:
        lines = "\n".join((answer.stdout + answer.stderr).strip().splitlines()[-15:])
        raise StartRefused([f"initdb could not make a database in {making.parent}; it said:\n{lines}\n"
                            "Remove the cause, or set SCOUTER_DATA_DIR to another directory"])  # fmt: skip


def _nameless(account: Account, said: str) -> StartRefused:
    reason = (said.strip().splitlines() or ["no reason"])[-1]
    return StartRefused([f"initdb could not make a database ({reason}). It wants a name for its account, and uid "
                         f"{account.uid} has none: put the line {account.passwd_line} into /etc/passwd, run as an "
                         "account that has a name, bring a data directory of another machine that belongs to this uid, "
                         "or set DATABASE_URI to a Postgres server"])  # fmt: skip


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
