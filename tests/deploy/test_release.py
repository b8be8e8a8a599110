"""`scripts/release`, in repositories that are thrown away: everything that is forgotten is said, all at once."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.server_process import ROOT

TODAY = date.today().isoformat()  # noqa: DTZ011 - the program's own day
CHANGELOG = (
    f"# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - {TODAY}\n\n- Something.\n\n## [1.1.0] - 2026-01-01\n\n- Older.\n"
)


class Repository:
    """One that could be released as 1.2.0, after a release 1.1.0."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("package/release.py", (ROOT / "package" / "release.py").read_text())
        self.write("scripts/release", (ROOT / "scripts" / "release").read_text())
        for name in ("notice", "docs"):
            self.write(f"scripts/{name}", f'#!/bin/sh\n[ "$1" = --check ] && [ ! -e stale-{name} ]\n')
        for path in root.glob("scripts/*"):
            path.chmod(0o755)
        self.write("scouter/version.py", 'VERSION = "1.2.0"\n')
        self.write("deploy/.env.example", "SCOUTER_IMAGE=scouter-server:1.2.0-debian\n")
        self.write("deploy/kubernetes/base/kustomization.yaml", "newTag: 1.2.0-debian\n")
        self.write("sql/migrations/0001_first.sql", "SELECT 1;\n")
        self.write(".gitignore", ".cache/\n")
        self.write("requirements.in", "numpy\n")
        self.write("requirements-dev.in", "pytest\n")
        self.lock()
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("CHANGELOG.md", "# Changelog\n")
        self.commit()
        self.git("tag", "v1.1.0")
        self.write("CHANGELOG.md", CHANGELOG)
        self.commit()
        self.pass_tests()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def lock(self) -> None:
        for name in ("requirements", "requirements-dev"):
            sources = b"".join((self.root / f"{each}.in").read_bytes() for each in ("requirements", name))
            sum_ = subprocess.run(["cksum"], input=sources, capture_output=True, check=True).stdout.split()[0].decode()
            self.write(f"{name}.txt", f"# Made by scripts/lock from {name}.in, cksum {sum_}.\n")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
        done = subprocess.run(["git", *identity, *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", f"At {datetime.now(UTC)}")

    def pass_tests(self) -> None:
        self.write(".cache/tests-passed", self.git("rev-parse", "HEAD^{tree}") + "\n")

    def release(self, *arguments: str) -> tuple[int, str]:
        identity = {"GIT_COMMITTER_NAME": "Somebody", "GIT_COMMITTER_EMAIL": "somebody@example.com"}
        done = subprocess.run(
            [self.root / "scripts" / "release", *arguments],
            env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "HOME": str(self.root), **identity},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_nothing_is_missing(repository: Repository) -> None:
    assert repository.release("1.2.0") == (0, "v1.2.0 can be made: --tag\n")
    assert repository.git("tag") == "v1.1.0"


def test_the_tag_is_made_when_it_is_asked_for(repository: Repository) -> None:
    assert repository.release("1.2.0", "--tag") == (0, "v1.2.0 is made; git push origin v1.2.0\n")
    assert repository.git("cat-file", "-t", "v1.2.0") == "tag"
    status, said = repository.release("1.2.0")
    assert (status, "the tag v1.2.0 is there already" in said) == (1, True)
    assert repository.release("1.2.0", "--tagged")[0] == 0


def test_everything_that_is_missing_is_said_at_once(repository: Repository) -> None:
    repository.git("switch", "--quiet", "-c", "elsewhere")
    repository.write("scouter/version.py", 'VERSION = "1.1.9"\n')
    repository.write("pyproject.toml", 'version = "1.2.0"\n')
    repository.write("deploy/.env.example", "SCOUTER_IMAGE=scouter-server:1.1.0-debian\n")
    repository.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- Something.\n")
    repository.write("sql/migrations/0001_first.sql", "SELECT 2;\n")
    repository.write("sql/migrations/0002_second.sql", "SELECT 2;\n")
    repository.write("requirements-dev.in", "pytest\nruff\n")
    repository.write("stale-notice", "")
    repository.write("stale-docs", "")
    repository.commit()
    repository.write("new", "")
    status, said = repository.release("1.2.0", "--tag")
    assert status == 1
    assert said.splitlines() == [
        "not yet:",
        "  - scouter/version.py says 1.1.9",
        "  - pyproject.toml has a version of its own: it belongs into scouter/version.py alone",
        "  - deploy/.env.example does not name the image 1.2.0-debian",
        "  - CHANGELOG.md has changes under Unreleased",
        "  - CHANGELOG.md has no heading `## [1.2.0] - YYYY-MM-DD`",
        "  - the tree is not clean: commit, or put aside",
        "  - this is elsewhere, and releases are made on main",
        "  - sql/migrations/0001_first.sql was released with v1.1.0 and is another now: a migration is never edited",
        "  - requirements-dev.txt was not made of requirements-dev.in as it is: scripts/lock",
        "  - what scripts/notice writes is stale: run it",
        "  - what scripts/docs writes is stale: run it",
        "  - scripts/test has not passed with what is committed",
    ]
    assert repository.git("tag") == "v1.1.0"


def test_a_day_that_is_over_is_no_day_of_a_release(repository: Repository) -> None:
    repository.write("CHANGELOG.md", CHANGELOG.replace(TODAY, "2026-01-02"))
    repository.commit()
    repository.pass_tests()
    status, said = repository.release("1.2.0")
    assert (status, "CHANGELOG.md says 2026-01-02, and today is another day" in said) == (1, True)


@pytest.mark.parametrize(
    ("version", "complaint"),
    [("1.0.9", "v1.1.0 is there already, and is no older"), ("1.2", "1.2 is no version"), ("v1.2.0", "is no version")],
)
def test_versions_go_forward(repository: Repository, version: str, complaint: str) -> None:
    status, said = repository.release(version)
    assert (status, complaint in said) == (1, True)


def test_notes_are_what_the_changelog_says(repository: Repository) -> None:
    assert repository.release("1.2.0", "--notes") == (0, "- Something.\n")
