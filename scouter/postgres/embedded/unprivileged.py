"""Postgres refuses to run as root: which account it runs as, and what that account can reach."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scouter.errors import StartRefused
from scouter.postgres.embedded import access_probe, launch, passwd_line


@dataclass(frozen=True)
class Account:
    """Who Postgres runs as. `drop` is False when that is already who we are."""

    uid: int
    gid: int
    drop: bool

    @property
    def has_name(self) -> bool:
        """Containers may run as a number that /etc/passwd does not have."""
        try:
            pwd.getpwuid(self.uid)
        except KeyError:
            return False
        return True

    @property
    def passwd_line(self) -> str:
        """That would give it a name."""
        return f"scouter:x:{self.uid}:{self.gid}::/:/sbin/nologin"

    def command(self, program: Path, *arguments: str) -> list[str]:
        """The command line that runs `program` as this account, to be stopped when the calling thread ends."""
        uid, gid = (self.uid, self.gid) if self.drop else (-1, -1)
        identity = [str(os.getpid()), str(uid), str(gid)]
        return [*_isolated_python(launch.__file__), *identity, str(program), *arguments]

    def command_with_name(self, program: Path, *arguments: str) -> list[str]:
        """The same for a program that will not run without a name: it exits with NOT_HERE where that cannot be done."""
        if self.has_name:
            return self.command(program, *arguments)
        python, *script = _isolated_python(passwd_line.__file__)
        return self.command(Path(python), *script, self.passwd_line, str(program), *arguments)

    def give(self, path: Path) -> None:
        """Make this account the owner of something that we made."""
        if self.drop:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def account_for(cluster: Path, name: str) -> Account:
    """The account for a cluster: ourselves, or for root the cluster's owner, or `name` when there is no cluster yet."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), drop=False)
    if cluster.is_dir():
        owner = cluster.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid, drop=True)
    return _named(name)


def blocked_at(account: Account, path: Path) -> Path | None:
    """The first directory on the way to `path` (or `path` itself) that the account cannot enter or execute."""
    if not account.drop:
        return None
    way = [str(step) for step in (*reversed(path.parents), path)]
    command = [*_isolated_python(access_probe.__file__), str(account.uid), str(account.gid), *way]
    answer = subprocess.run(command, capture_output=True, check=False, cwd="/")
    if answer.returncode != 0:
        reason = answer.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise StartRefused(
            [f"cannot change from root to uid {account.uid} to run Postgres ({reason}): {_ALTERNATIVES}"]
        )
    return Path(os.fsdecode(answer.stdout.split(b"\0")[0])) if answer.stdout else None


_ALTERNATIVES = "start the server as an ordinary user, or set DATABASE_URI to a Postgres server"


def _named(name: str) -> Account:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise StartRefused([f"Postgres cannot run as root and there is no account {name!r}: {_ALTERNATIVES}"]) from None
    if entry.pw_uid == 0:
        raise StartRefused([f"Postgres cannot run as root and {name!r} is root: {_ALTERNATIVES}"])
    return Account(entry.pw_uid, entry.pw_gid, drop=True)


def _isolated_python(program: str) -> list[str]:
    if hasattr(sys, "frozen"):  # the one-file server: it is its own interpreter, see `scouter/frozen.py`
        return [sys.executable, f"--run-{Path(program).stem}"]
    return [sys.executable, "-I", "-S", program]
