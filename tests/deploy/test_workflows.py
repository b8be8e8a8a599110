"""The workflows: two linters have nothing to say, and actions are named by commits; and every script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.deploy.deployed import document
from tests.deploy.linters import complaints
from tests.server_process import ROOT

PLACE = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(PLACE.glob("*.yml"))


def names(path: str, first: str) -> list[str]:
    """Scripts of a directory that are of the shell."""
    files = [each for each in sorted((ROOT / path).iterdir()) if each.is_file()]
    return [str(each.relative_to(ROOT)) for each in files if each.read_bytes()[:9].decode(errors="ignore") == first]


@pytest.mark.builds
def test_actionlint_is_content() -> None:
    assert complaints("actionlint", "-no-color", *WORKFLOWS) == ""


def test_zizmor_is_content() -> None:
    assert complaints("zizmor", "--offline", "--no-progress", "--quiet", ".github") == ""


@pytest.mark.parametrize("script", [*names("scripts", "#!/bin/sh"), "deploy/make-environment", ".ci/run"])
def test_shellcheck_is_content(script: str) -> None:
    assert complaints("shellcheck", script) == ""


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_named_by_commits(path: Path) -> None:
    text = path.read_text()
    used = re.findall(r"uses: (\S+)(.*)$", text, re.M)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


def test_versions_that_are_promised_are_tried() -> None:
    jobs = document(PLACE / "ci.yml")["jobs"]
    assert jobs["python"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert jobs["postgres"]["strategy"]["matrix"]["postgres"] == ["14", "15", "16", "17", "18"]


def test_nothing_is_published_before_it_was_driven() -> None:
    jobs = document(PLACE / "release.yml")["jobs"]
    steps = [step.get("name") or step.get("run") or step["uses"] for step in jobs["image"]["steps"]]
    driven = steps.index("Drive it before it is pushed")
    assert driven < min(number for number, step in enumerate(steps) if "login" in step or "Push" in step)
    assert {"check", "package", "binary", "image"} <= set(jobs["pypi"]["needs"])
    assert {"pypi", "manifest"} <= set(jobs["release"]["needs"])


def test_rights_are_the_least() -> None:
    release = document(PLACE / "release.yml")
    assert release["permissions"] == {}
    writing = {
        name: {key for key, value in job["permissions"].items() if value == "write"}
        for name, job in release["jobs"].items()
    }
    assert {name: rights for name, rights in writing.items() if rights} == {
        "image": {"packages"},
        "pypi": {"id-token"},
        "manifest": {"packages"},
        "release": {"contents", "id-token", "attestations"},
    }
    assert document(PLACE / "ci.yml")["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_scripts_that_are_called_are_there(path: Path) -> None:
    text = path.read_text()
    for script in set(re.findall(r"(?<![\w/])scripts/[\w-]+", text)):
        assert (ROOT / script).exists(), script
