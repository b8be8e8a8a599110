"""The Postgres process: started from the main thread, waited for, stopped for certain."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from scouter.errors import StartRefused
from scouter.postgres.embedded.binaries import Binaries
from scouter.postgres.embedded.cluster import environment
from scouter.postgres.embedded.directory import DataDirectory, open_private
from scouter.postgres.embedded.settings import command_line
from scouter.postgres.embedded.unprivileged import Account
from scouter.runtime.progress import progress

log = logging.getLogger(__name__)

POLL_SECONDS = 0.01
LARGEST_LOG_BYTES = 10_000_000
RECOVERY_SECONDS = 900.0  # replay of 2 GB of log on a slow disk; stopping it would only begin it anew
IMMEDIATE_SECONDS = 10.0
PASSING = (
    "is still in use",  # shared memory: the children of a killed postmaster are about to notice
    'lock file "postmaster.pid" already exists',  # the server before us is about to end
)


@dataclass(frozen=True)
class PostmasterFile:
    """What Postgres says about itself in `postmaster.pid`."""

    pid: int
    socket_directory: Path
    status: str


def read_postmaster_file(cluster: Path) -> PostmasterFile | None:
    """None when there is no such file or Postgres has not written all of it yet."""
    try:
        lines = (cluster / "postmaster.pid").read_bytes().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8:
        return None
    return PostmasterFile(int(lines[0]), Path(os.fsdecode(lines[4])), lines[7].decode("ascii").strip())


def start_process(
    directory: DataDirectory, binaries: Binaries, account: Account, socket_directory: Path, seconds: float
) -> subprocess.Popen[bytes]:
    """Start Postgres and wait until it takes connections. Raises StartRefused with the end of its log."""
    settings = command_line(socket_directory)
    command = account.command(binaries.postgres, "-D", str(directory.cluster), *settings)
    began = time.monotonic()
    _rotate(directory.log)
    while True:
        offset = directory.log.stat().st_size if directory.log.exists() else 0
        process = _spawn(command, directory.log)
        try:
            ready = _wait_until_ready(process, directory.cluster, began, seconds)
        except BaseException:
            stop_process(process, 0)
            raise
        if ready:
            return process
        said = _said(directory.log, offset)
        stop_process(process, 0)
        if time.monotonic() - began > seconds or not any(reason in said for reason in PASSING):
            raise _refusal(directory.log, said)
        time.sleep(10 * POLL_SECONDS)


def stop_process(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Fast shutdown; after `seconds` an immediate one, which recovery repairs; then SIGKILL. It is gone on return."""
    for request, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, IMMEDIATE_SECONDS)):
        if process.poll() is None and patience > 0:
            process.send_signal(request)
            _wait_until_gone(process, patience)
    if process.poll() is None:
        log.warning("Postgres (process %d) did not stop when asked; it is killed", process.pid)
        process.kill()
    process.wait()


def ask_to_stop(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Ask for a fast shutdown. Whether it is gone, after so many seconds at most."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        _wait_until_gone(process, seconds)
    return process.poll() is not None


def settle_predecessor(cluster: Path, seconds: float) -> None:
    """End a Postgres whose server is gone, and remove a `postmaster.pid` that names some other program.

    The caller holds the lock of the directory, so no living server needs that Postgres. On systems without /proc
    nothing can be known about a process, and Postgres' own check of the file decides.
    """
    file = cluster / "postmaster.pid"
    if not file.exists() or not Path("/proc/self/cmdline").exists():
        return
    pid = _first_number(file)
    if pid is None or not _is_postmaster(pid, cluster):
        # In containers process numbers repeat: the number of the last Postgres is soon that of another program, and
        # Postgres would take that for a live server. A power cut can leave the file empty, which Postgres refuses
        # too. Its check for shared memory in use does not need this file.
        file.unlink(missing_ok=True)
        return
    log.warning("Postgres (process %d) outlived its server; it is stopped first", pid)
    with progress(log, f"ending Postgres (process {pid}) of an earlier server"):
        for request, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, IMMEDIATE_SECONDS)):
            _end_stranger(pid, cluster, request, patience)


def _spawn(command: list[str], log_file: Path) -> subprocess.Popen[bytes]:
    output = open_private(log_file, os.O_WRONLY | os.O_APPEND)
    try:
        # A session of its own: Ctrl-C reaches the server only, which then stops Postgres last.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=environment(),
            start_new_session=True,
        )
    finally:
        os.close(output)


def _wait_until_ready(process: subprocess.Popen[bytes], cluster: Path, began: float, seconds: float) -> bool:
    """False when Postgres ended, or was not ready in time."""
    limit = seconds
    while process.poll() is None:
        stated = read_postmaster_file(cluster)
        ours = stated if stated and stated.pid == process.pid else None
        if ours and ours.status == "ready":
            return True
        if time.monotonic() - began > limit:
            if ours is None or limit > seconds:
                return False
            # It has written its file, so it is replaying its log: that is progress, and gets more time.
            limit = seconds + RECOVERY_SECONDS
            log.warning("Postgres is still repairing its data after %.0f s; waiting up to %.0f s", seconds, limit)
        time.sleep(POLL_SECONDS)
    return False


def _wait_until_gone(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        log.warning("Postgres (process %d) is still stopping after %.0f s", process.pid, seconds)


def _end_stranger(pid: int, cluster: Path, request: signal.Signals, patience: float) -> None:
    """Send `request` to a Postgres that is not our child, and wait. It may end between the look and the signal."""
    deadline = time.monotonic() + patience
    if _is_postmaster(pid, cluster):
        with suppress(ProcessLookupError):
            os.kill(pid, request)
    while _is_postmaster(pid, cluster) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _first_number(file: Path) -> int | None:
    first = file.read_bytes().partition(b"\n")[0].strip()
    return int(first) if first.isdigit() else None


def _is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether the process is a Postgres that was started on the cluster.

    Its command line says so to everybody; its working directory is secret to root in a container.
    """
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False  # gone, or hidden from us as somebody else's: in neither case ours
    return (b"-D", os.fsencode(cluster)) in pairwise(words)  # a zombie has no words


def _rotate(log_file: Path) -> None:
    if log_file.exists() and log_file.stat().st_size > LARGEST_LOG_BYTES:
        log_file.rename(log_file.with_name(log_file.name + ".1"))


def _said(log_file: Path, offset: int) -> str:
    with log_file.open("rb") as file:
        file.seek(offset)
        text = file.read().decode("utf-8", "replace")
    return "\n".join(text.strip().splitlines()[-15:])


def _refusal(log_file: Path, said: str) -> StartRefused:
    quoted = f"its last words:\n{said}\n" if said else "it said nothing; "
    return StartRefused([f"the embedded Postgres did not start; {quoted}(log: {log_file}). Remove the cause and start "
                         "again; SCOUTER_DATA_DIR chooses another directory, DATABASE_URI another server"])  # fmt: skip
