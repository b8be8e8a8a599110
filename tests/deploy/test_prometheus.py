"""The rules about the server itself: they are understood, fire when they should, and say what to do."""

from __future__ import annotations

import re

import pytest

from tests.deploy.deployed import DEPLOY, Document, document, rules
from tests.deploy.linters import complaints
from tests.server_process import ROOT

PLACE = DEPLOY / "prometheus"


def names() -> list[str]:
    return [rule["alert"] for rule in rules()]


def slug(heading: str) -> str:
    """The anchor of a heading, as forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yaml"),
        ("check", "rules", "rules.yaml"),
        ("test", "rules", "rules.test.yaml"),
    ],
    ids=" ".join,
)
def test_promtool_is_content(arguments: tuple[str, ...]) -> None:
    assert complaints("promtool", *arguments, cwd=PLACE) == ""


def test_every_alert_is_seen_to_fire() -> None:
    tests = document(PLACE / "rules.test.yaml")["tests"]
    samples = [sample for test in tests for each in test["promql_expr_test"] for sample in each["exp_samples"]]
    fired = {name for sample in samples for name in re.findall(r'alertname="(\w+)"', sample["labels"])}
    assert fired == set(names())


def test_names_are_unique() -> None:
    assert len(set(names())) == len(names())


@pytest.mark.parametrize("rule", rules(), ids=names())
def test_an_alert_leads_to_what_to_do(rule: Document) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"].endswith(".")
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.*)$", (ROOT / page).read_text(), re.M)
    assert anchor in {slug(heading) for heading in headings}


def test_the_job_is_called_as_the_rules_call_it() -> None:
    config = document(PLACE / "prometheus.yaml")
    assert "scouter" in {job["job_name"] for job in config["scrape_configs"]}
    assert config["rule_files"] == ["rules.yaml"]
