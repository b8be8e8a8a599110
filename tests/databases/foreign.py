"""A database and a role of their own in somebody else's Postgres, set up in ways that we would not choose."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Peculiarity:
    """What is unusual about a database: settings of its role, the encoding, how many connections the role may have."""

    settings: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "UTF8"
    connection_limit: int = -1


@contextmanager
def foreign_database(superuser: str, peculiarity: Peculiarity) -> Iterator[str]:
    """The conninfo of a role that is nobody special, and may create in its database."""
    name = f"foreign_{next(_numbers)}"
    with psycopg.connect(superuser, autocommit=True) as connection:
        _make(connection, name, peculiarity)
    try:
        yield make_conninfo(superuser, user=name, password=name, dbname=name)
    finally:
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def _make(connection: psycopg.Connection[tuple[object, ...]], name: str, peculiarity: Peculiarity) -> None:
    called, limit = sql.Identifier(name), sql.Literal(peculiarity.connection_limit)
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} CONNECTION LIMIT {}").format(called, sql.Literal(name), limit)
    )
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C'").format(
            called, sql.Literal(peculiarity.encoding)
        )
    )
    connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(called, called))
    for setting, value in peculiarity.settings.items():
        words = sql.SQL("ALTER ROLE {} SET {} TO {}").format(called, sql.Identifier(setting), sql.SQL(value))
        connection.execute(words)
