"""What every session of ours states, whatever a role, a database, a shell or a pooler sets for sessions.

A setting that we rely on and do not state is somebody else's to choose: dates that cannot be read, texts as bytes,
transactions that fail each other, commits that are not on a disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

SCHEMA = "scouter_py"  # ours alone: the reference's `scouter` schema may live in the same database

_STATED: tuple[tuple[str, str, str], ...] = (
    ("search_path", SCHEMA, "statements name tables without their schema"),
    ("TimeZone", "UTC", "a session in another zone would shift wide chart bins"),
    ("DateStyle", "ISO, MDY", "the only one in which psycopg reads moments"),
    ("IntervalStyle", "postgres", "the same for intervals"),
    ("extra_float_digits", "1", "numbers come back as they were stored, to the last digit"),
    ("bytea_output", "hex", "half the size of the other one for what is no text"),
    ("standard_conforming_strings", "on", "a backslash in a literal is a backslash"),
    ("array_nulls", "on", "NULL in a list of parameters is no text"),
    ("jit", "off", "compiling a chart query takes longer than running it"),
    ("work_mem", "16MB", "a month of one profile would otherwise be sorted on disk"),
)
# An answer 200 says that a message is on a disk. Whoever asks for more than `on` keeps it.
_DURABLE = (
    "CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END"
)
_TRANSACTION_TIMEOUT = 170_000  # the version that has it
# On the server's side, too, a network that dropped the connection is noticed within half a minute.
_KEEPALIVES = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """After how many seconds Postgres ends what nobody waits for any more; 0: never.

    `statement`; `lock`: waiting for one; `idle`: a transaction between two statements; `resting`: a session between two
    transactions.
    """

    statement: float = 0.0
    lock: float = 0.0
    idle: float = 0.0
    resting: float = 0.0


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """The settings of one session. `name` is what it is called among the database's sessions; empty: as it is."""

    limits: Limits = NO_LIMITS
    name: str = ""

    def for_session(self, server_version: int, backend_pid: int) -> str:
        """A statement that sets them until the session ends, if it is the one with that number: then it has a row."""
        settings = [
            *self._stated(server_version),
            ("default_transaction_isolation", _literal("read committed")),
            ("default_transaction_deferrable", _literal("off")),
            ("idle_session_timeout", _milliseconds(self.limits.resting)),
            *((name, _literal(value)) for name, value in _KEEPALIVES.items()),
        ]
        return f"SELECT {_calls(settings, is_local=False)} WHERE pg_backend_pid() = {backend_pid}"

    def for_transaction(self, server_version: int) -> str:
        """A statement that sets them until the transaction ends."""
        return f"SELECT {_calls(self._stated(server_version), is_local=True)}"

    def _stated(self, server_version: int) -> Iterator[tuple[str, str]]:
        """Each name with an expression."""
        yield from ((name, _literal(value)) for name, value, _ in _STATED)
        yield "synchronous_commit", _DURABLE
        yield "statement_timeout", _milliseconds(self.limits.statement)
        yield "lock_timeout", _milliseconds(self.limits.lock)
        yield "idle_in_transaction_session_timeout", _milliseconds(self.limits.idle)
        if server_version >= _TRANSACTION_TIMEOUT:
            yield "transaction_timeout", _milliseconds(0)
        if self.name:
            yield "application_name", _literal(self.name)


def _calls(settings: list[tuple[str, str]] | Iterator[tuple[str, str]], *, is_local: bool) -> str:
    return ", ".join(f"set_config({_literal(name)}, {value}, {str(is_local).lower()})" for name, value in settings)


def _milliseconds(seconds: float) -> str:
    return _literal(str(round(seconds * 1000)))


def _literal(value: str) -> str:
    return sql.Literal(value).as_string(None)
