"""What a person would forget before a release. `scripts/release` says how it is called."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

VERSION = r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?"
# Where else a version stands: images that deployments name.
NAMED = ("deploy/.env.example", "deploy/kubernetes/base/kustomization.yaml")
GENERATED = ("notice", "docs")  # scripts with --check


@dataclass(frozen=True)
class Release:
    """Of the working tree in `root`. `is_tagged`: what is only to be before the tag is not asked for."""

    root: Path
    version: str
    is_tagged: bool = False

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    def text(self, path: str) -> str:
        file = self.root / path
        return file.read_text() if file.exists() else ""

    def run(self, *command: str) -> tuple[int, str]:
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.strip()

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments)[1]

    def tags(self) -> list[str]:
        """Of other releases, the newest first."""
        return [tag for tag in self.git("tag", "--list", "v*", "--sort=-version:refname").split() if tag != self.tag]


Problems = Iterator[str]


def versions(release: Release) -> Problems:
    if not re.fullmatch(VERSION, release.version):
        yield f"{release.version} is no version: it has the form 1.2.3 or 1.2.3rc1"
    found = re.findall(r'^VERSION = "(.*)"$', release.text("scouter/version.py"), re.M)
    if found != [release.version]:
        yield f"scouter/version.py says {', '.join(found) or 'nothing'}"
    if re.search(r"^version *= *\"", release.text("pyproject.toml"), re.M):
        yield "pyproject.toml has a version of its own: it belongs into scouter/version.py alone"
    for path in NAMED:
        if f"{release.version}-debian" not in release.text(path):
            yield f"{path} does not name the image {release.version}-debian"
    newer = [tag for tag in release.tags() if _order(tag[1:]) >= _order(release.version)]
    if newer and re.fullmatch(VERSION, release.version):
        yield f"{newer[0]} is there already, and is no older"


def changelog(release: Release) -> Problems:
    text = release.text("CHANGELOG.md")
    if re.findall(r"## \[Unreleased\]\s*(.*?)(?=^## |\Z)", text, re.M | re.S) not in ([], [""]):
        yield "CHANGELOG.md has changes under Unreleased"
    heading = re.search(rf"^## \[{re.escape(release.version)}\] - (\S+)$", text, re.M)
    if heading is None:
        yield f"CHANGELOG.md has no heading `## [{release.version}] - YYYY-MM-DD`"
    elif not release.is_tagged and heading[1] != date.today().isoformat():  # noqa: DTZ011 - the day of who releases
        yield f"CHANGELOG.md says {heading[1]}, and today is another day"
    elif not notes(release):
        yield f"CHANGELOG.md says nothing about {release.version}"


def tree(release: Release) -> Problems:
    if release.git("status", "--porcelain"):
        yield "the tree is not clean: commit, or put aside"
    if release.is_tagged:
        return
    if (branch := release.git("branch", "--show-current")) != "main":
        yield f"this is {branch or 'no branch'}, and releases are made on main"
    if release.git("tag", "--list", release.tag) or release.git("ls-remote", "--tags", "origin", release.tag):
        yield f"the tag {release.tag} is there already"


def migrations(release: Release) -> Problems:
    for tag in release.tags()[:1]:
        changed = release.git("diff", "--name-status", "--no-renames", tag, "HEAD", "--", "sql/migrations")
        for line in changed.splitlines():
            kind, _, path = line.partition("\t")
            if kind != "A":
                yield f"{path} was released with {tag} and is another now: a migration is never edited"


def locks(release: Release) -> Problems:
    for name in ("requirements", "requirements-dev"):
        sources = "".join(release.text(f"{each}.in") for each in ("requirements", name))
        done = subprocess.run(["cksum"], input=sources, capture_output=True, text=True, check=True)
        if f"from {name}.in, cksum {done.stdout.split()[0]}." not in release.text(f"{name}.txt").partition("\n")[0]:
            yield f"{name}.txt was not made of {name}.in as it is: scripts/lock"


def generated(release: Release) -> Problems:
    for name in GENERATED:
        if not (release.root / "scripts" / name).exists():
            yield f"there is no scripts/{name}"
        elif release.run(f"scripts/{name}", "--check")[0]:
            yield f"what scripts/{name} writes is stale: run it"


def tests(release: Release) -> Problems:
    """`scripts/test` notes the tree that it has passed with."""
    if not release.is_tagged and release.text(".cache/tests-passed").strip() != release.git("rev-parse", "HEAD^{tree}"):
        yield "scripts/test has not passed with what is committed"


CHECKS: tuple[Callable[[Release], Problems], ...] = (versions, changelog, tree, migrations, locks, generated, tests)


def notes(release: Release) -> str:
    """What the changelog says of the version."""
    found = re.search(
        rf"^## \[{re.escape(release.version)}\][^\n]*\n(.*?)(?=^## |\Z)", release.text("CHANGELOG.md"), re.M | re.S
    )
    return found[1].strip() if found else ""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/release", description="Says what is missing for a release.")
    parser.add_argument("version")
    for option in ("--tag", "--tagged", "--notes"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args(arguments)
    release = Release(Path.cwd(), options.version, options.tagged)
    if options.notes:
        sys.stdout.write(notes(release) + "\n")
        return 0
    problems = [problem for check in CHECKS for problem in check(release)]
    if problems:
        sys.stderr.write("\n".join(["not yet:", *(f"  - {problem}" for problem in problems)]) + "\n")
        return 1
    if options.tag:
        subprocess.run(["git", "tag", "-a", release.tag, "-m", release.tag], check=True)
    sys.stdout.write(
        f"{release.tag} {'is made; git push origin ' + release.tag if options.tag else 'can be made: --tag'}\n"
    )
    return 0


def _order(version: str) -> tuple[int, ...]:
    """A candidate comes before what it is one of."""
    numbers, _, candidate = re.sub(r"(a|b|rc)", r"-\1", version, count=1).partition("-")
    kind = {"a": 0, "b": 1, "r": 2, "": 3}[candidate[:1]]
    return (*map(int, re.findall(r"\d+", numbers)), kind, int((re.findall(r"\d+", candidate) or ["0"])[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
