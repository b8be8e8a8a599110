"""What an error of Postgres' says: that this message is bad, or that the database is in trouble."""

from __future__ import annotations

import re

import psycopg

_COPY_ROW = re.compile(r"^COPY (?P<table>\w+), line (?P<line>\d+)", re.MULTILINE)
# Classes of SQLSTATE (documentation, appendix A) that are about what was sent: cardinality, data, integrity, WITH CHECK
# OPTION, program limits, and what a trigger raises. Every other error, a missing table as well as a lost connection,
# would meet any other message too.
_ABOUT_CONTENT = frozenset({"21", "22", "23", "44", "54", "P0"})


def is_away(error: psycopg.Error) -> bool:
    """Whether nothing can be had from the database now: it does not answer, or it only answers questions."""
    kinds = psycopg.OperationalError | psycopg.InterfaceError | psycopg.errors.ReadOnlySqlTransaction
    return isinstance(error, kinds) and not refuses_content(error)  # for psycopg a limit of a row is operational


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
