"""What the reference says is what the program declares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scouter.metrics import declared
from scouter.settings.settings import settings_table
from tests.documentation.pages import ROOT
from tests.documentation.program import program_parser, subcommands
from tests.documentation.reference import PAGES, REFERENCE, renewed
from tests.documentation.surface import answers, document


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_reference_is_what_the_program_declares(page: Path) -> None:
    assert page.read_text() == renewed(page), f"{page.name} is stale: run scripts/docs"


def test_every_setting_and_metric_is_on_its_page() -> None:
    settings, metrics = (REFERENCE / name for name in ("settings.md", "metrics.md"))
    for _, variable, default, why in settings_table():
        assert f"| `{variable}` | {default} | {why} |" in settings.read_text()
    for metric in declared():
        assert f"| `{metric.name}` | {metric.kind} |" in metrics.read_text()


def test_no_metric_has_the_name_of_another() -> None:
    names = [each.name for each in declared()]
    assert sorted(set(names)) == sorted(names)


def test_every_command_and_every_action_is_on_its_page() -> None:
    page = (REFERENCE / "cli.md").read_text()
    for name, below, _ in subcommands(program_parser()):
        for words in [f"{name} {action}" for action, _, _ in subcommands(below)] or [name]:
            assert f"\n### {words}\n" in page


def test_the_routes_in_short_are_all_routes_but_those_of_the_description_itself() -> None:
    page = (REFERENCE / "http.md").read_text()
    rows = page.partition("| route | what for |")[2].partition("\n\n")[0]
    told = {method + " " + path for methods, path in _named(rows) for method in methods}
    for route in told:
        assert answers(*route.split(" ", 1)), route
    there = {f"{method.upper()} {path}" for path, methods in document()["paths"].items() for method in methods}
    folded = {route for route in there if re.search("drift/|records/", route)}  # {spc,psi,custom}
    beside = {"GET /scouter/auth/refresh", "GET /scouter/auth/validate", "GET /readyz", "GET /livez"}
    described = {"GET /scouter/api/v1/openapi.json", "GET /scouter/api/v1/docs"}
    assert there - told - folded - beside - described == {
        "GET /scouter/quarantine/{id}/raw"  # "`/raw` beside it"
    }


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_the_submission_runs_the_test_command_of_the_readme() -> None:
    marked = re.search(
        r"The tests, with everything they need:\n\n<!--[^>]*-->\n```sh\n(.*)\n```", (ROOT / "README.md").read_text()
    )
    assert marked is not None
    commands = [
        line for line in (ROOT / ".ci" / "run").read_text().splitlines() if not line.startswith(("#", "set", "cd"))
    ]
    assert commands == [f"exec {marked[1]}"]


def _named(rows: str) -> list[tuple[list[str], str]]:
    """Of `GET /a` or `GET`, `PUT /a`: methods and paths, {a,b,c} unfolded to the first."""
    found = []
    for named in re.findall(r"((?:`[A-Z]+`, )*)`([A-Z]+) (/[^`]*)`", rows):
        methods = [*re.findall("[A-Z]+", named[0]), named[1]]
        found.append((methods, re.sub(r"\{(\w+),[^}]*\}", r"\1", named[2])))
    return found
