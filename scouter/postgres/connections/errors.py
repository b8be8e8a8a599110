"""What an error of Postgres' says: that this message is bad, or that the database is in trouble."""

from __future__ import annotations

import re

import psycopg

from scouter.postgres.connections.contention import contention

# What nothing can be had from Postgres with. Those of pools are among them.
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)

_COPY_ROW = re.compile(r"^COPY (?P<table>\w+), line (?P<line>\d+)", re.MULTILINE)
# Classes of SQLSTATE (documentation, appendix A) that are about what was sent: cardinality, data, integrity, WITH CHECK
# OPTION, program limits, and what a trigger raises. Every other error, a missing table as well as a lost connection,
# would meet any other message too.
_ABOUT_CONTENT = frozenset({"21", "22", "23", "44", "54", "P0"})


def is_away(error: BaseException) -> bool:
    """Whether nothing can be had from the database now: it does not answer, or it only answers questions.

    Not that others were in the way of a transaction, nor what is wrong with one row; for psycopg these are operational.
    """
    return isinstance(error, AWAY) and contention(error) is None and not refuses_content(error)


def refuses_content(error: psycopg.Error) -> bool:
    return (error.sqlstate or "")[:2] in _ABOUT_CONTENT and not lacks_partition(error)


def refused_row(error: psycopg.Error) -> tuple[str, int] | None:
    """The table and the number of the row, from 1, that a COPY stumbled over; None when the error does not say."""
    match = _COPY_ROW.search(error.diag.context or "")
    return (match["table"], int(match["line"])) if match else None


def lacks_partition(error: psycopg.Error) -> bool:
    """A row of a day that has no partition. Postgres reports it as a check that has no name."""
    return isinstance(error, psycopg.errors.CheckViolation) and error.diag.constraint_name is None


def first_line(error: BaseException) -> str:
    """What happened, in one line."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return said or str(error).strip().partition("\n")[0] or type(error).__name__
