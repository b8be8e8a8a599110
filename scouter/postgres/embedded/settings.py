"""The settings of the embedded Postgres, each with its reason. What is not here is Postgres' own default."""

from __future__ import annotations

from pathlib import Path

PORT = 5432  # only part of the name of the socket: nothing listens on TCP

SETTINGS: tuple[tuple[str, str, str], ...] = (
    ("listen_addresses", "", "no TCP: only this machine, through a socket in a private directory"),
    ("port", str(PORT), "fixed, so that a PGPORT in postgresql.conf does not rename the socket"),
    ("unix_socket_permissions", "0700", "only the account of the database, and root"),
    ("fsync", "on", "an answer 200 means that the records survive a power cut"),
    ("full_page_writes", "on", "torn pages after a power cut would otherwise be lost"),
    ("synchronous_commit", "on", "COMMIT returns after the log is on disk, for the same promise"),
    ("shared_buffers", "128MB", "enough for the hot part of a local installation, small enough for a laptop"),
    ("max_connections", "100", "the pools of a few processes of 30 connections each, and room for psql"),
    ("max_wal_size", "2GB", "bulk inserts at full rate would otherwise force a checkpoint every few seconds"),
    ("timezone", "UTC", "partitions are days in UTC; a session without a time zone must agree"),
    ("log_timezone", "UTC", "the same clock as the log of the server"),
    ("log_checkpoints", "off", "a line every five minutes for ever, in a log that rotates only at a start"),
    ("log_line_prefix", "%m [%p] ", "time and process"),
    (
        "log_min_error_statement",
        "panic",
        "statements that fail can hold data of users; the server logs the error itself",
    ),
)


def command_line(socket_directory: Path) -> list[str]:
    """The settings as arguments of `postgres`: they win over whatever postgresql.conf says."""
    pairs = [(name, value) for name, value, _ in SETTINGS]
    pairs.append(("unix_socket_directories", str(socket_directory)))
    return [argument for name, value in pairs for argument in ("-c", f"{name}={value}")]
