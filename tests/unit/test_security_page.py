"""docs/security.md names tests and settings that there are."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
SETTINGS, METRICS, HTTP = (
    (ROOT / "docs" / "reference" / name).read_text() for name in ("settings.md", "metrics.md", "http.md")
)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_SETTING = re.compile(r"`((?:SCOUTER|DATABASE)_[A-Z_]+)")


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def rows() -> list[str]:
    """Of the table of points that are met."""
    table = PAGE.partition("| point | what it asks | held by |\n| --- | --- | --- |\n")[2].partition("\n\n")[0]
    return table.splitlines()


@pytest.mark.parametrize(("file", "name"), sorted(set(_TEST.findall(PAGE))))
def test_every_test_that_the_page_names_exists(file: str, name: str) -> None:
    assert name in functions_of(file)


def test_every_point_has_a_test_and_nothing_else_is_in_its_cell() -> None:
    assert len(rows()) > 30
    for row in rows():
        points, asks, held_by = (cell.strip() for cell in row.strip("|").split("|"))
        assert re.fullmatch(r"\d+\.\d+\.\d+(, \d+\.\d+\.\d+)*", points), row
        assert asks
        assert not _TEST.sub("", held_by).replace(",", "").strip(), row
        assert _TEST.search(held_by), row


@pytest.mark.parametrize("name", sorted(set(_SETTING.findall(PAGE))))
def test_every_setting_that_the_page_names_exists(name: str) -> None:
    assert f"| `{name}` |" in SETTINGS


def test_metrics_and_routes_that_the_page_names_exist() -> None:
    for metric in set(re.findall(r"`(scouter_\w+)`", PAGE)):
        assert f"| `{metric}` |" in METRICS
    assert "\n#### POST /scouter/auth/logout\n" in HTTP


def test_hardening_takes_ten_lines() -> None:
    part = PAGE.partition("## Hardening in ten lines\n")[2].partition("\n## ")[0]
    assert re.findall(r"^(\d+)\. ", part, re.MULTILINE) == [str(n) for n in range(1, 11)]
