"""Named statements: every one that is asked for exists, every one that exists is asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scouter.maintenance.tasks import ExpiredRows, tasks_of
from scouter.postgres.schema.migrations import known_migrations
from scouter.postgres.statements import SQL_DIRECTORY, named_statements
from scouter.settings.settings import Settings

POSTGRES = Path(__file__).parents[2] / "scouter" / "postgres"
AGING = [task for task in tasks_of(Settings()) if isinstance(task, ExpiredRows)]
NOUNS = sorted(path.stem for path in (SQL_DIRECTORY / "queries").glob("*.sql"))


@pytest.mark.parametrize("noun", NOUNS)
def test_statements_and_their_callers_agree(noun: str) -> None:
    callers = [path.read_text() for path in POSTGRES.rglob("*.py") if f'named_statements("{noun}")' in path.read_text()]
    asked = {name for text in callers for name in re.findall(r'_sql\["(\w+)"\]', text)}
    assert asked == set(named_statements(noun))


def test_parameters_are_named() -> None:
    maintained = [named_statements(task.name, "maintenance") for task in AGING]
    for statements in [*map(named_statements, NOUNS), *maintained]:
        for statement in statements.values():
            assert b"%s" not in statement.text, statement.name


@pytest.mark.parametrize("task", AGING, ids=lambda task: task.name)
def test_what_a_task_counts_is_what_it_deletes(task: ExpiredRows) -> None:
    statements = named_statements(task.name, "maintenance")
    assert set(statements) == {"count_due", "delete_due"}
    [counted] = re.findall(r"WHERE (.*);", statements["count_due"].text.decode())
    [deleted] = re.findall(r"WHERE \w+ >= %\(since\)s AND (.*)\n", statements["delete_due"].text.decode())
    assert counted == deleted


def test_every_file_of_maintenance_is_asked_for() -> None:
    asked = {name for path in POSTGRES.rglob("*.py") for name in re.findall(r'"(\w+_partition)"', path.read_text())}
    assert {path.stem for path in (SQL_DIRECTORY / "maintenance").glob("*.sql")} == asked | {
        each.name for each in AGING
    }


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [migration.number for migration in known_migrations()] == list(range(1, len(known_migrations()) + 1))
