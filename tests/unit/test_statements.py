"""Named statements: every one that is asked for exists, every one that exists is asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scouter.postgres.migrations import known_migrations
from scouter.postgres.statements import SQL_DIRECTORY, named_statements

POSTGRES = Path(__file__).parents[2] / "scouter" / "postgres"
NOUNS = sorted(path.stem for path in (SQL_DIRECTORY / "queries").glob("*.sql"))


@pytest.mark.parametrize("noun", NOUNS)
def test_statements_and_their_callers_agree(noun: str) -> None:
    callers = [path.read_text() for path in POSTGRES.glob("*.py") if f'named_statements("{noun}")' in path.read_text()]
    asked = {name for text in callers for name in re.findall(r'_sql\["(\w+)"\]', text)}
    assert asked == set(named_statements(noun))


def test_parameters_are_named() -> None:
    for noun in NOUNS:
        for statement in named_statements(noun).values():
            assert b"%s" not in statement.text, statement.name


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [migration.number for migration in known_migrations()] == list(range(1, len(known_migrations()) + 1))
