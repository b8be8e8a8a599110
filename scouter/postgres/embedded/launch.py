"""A program, not a module: becomes another program, as another account, that is stopped when its parent dies.

    python -I -S launch.py PARENT_PID UID GID PROGRAM [ARGUMENT...]        (UID -1: keep the account)

It is a program of its own, and not a `preexec_fn`, because Python code between the fork and the exec of a process with
threads can deadlock. It starts with the rights of its parent, so that the interpreter need not be within reach of the
account. Standard library only: it runs without site-packages.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent, uid, gid = (int(argument) for argument in arguments[:3])
    os.umask(0o077)
    if uid >= 0:
        drop_privileges(uid, gid)
    # After the change of account: the kernel forgets the parent-death signal when the uid changes.
    end_with(parent)
    os.execv(arguments[3], arguments[3:])  # noqa: S606 - no shell is the point


def drop_privileges(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def end_with(parent: int) -> None:
    """Ask for SIGINT, Postgres' fast shutdown, when the thread that started us ends."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit("the parent ended before its child was ready")


if __name__ == "__main__":
    main(sys.argv[1:])
