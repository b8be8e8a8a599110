"""What a page tells its readers to type can be typed, and what it names exists."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from scouter.metrics import declared
from scouter.settings.settings import settings_table
from tests.documentation.pages import ROOT, Block, blocks, is_there, pages, prose_of
from tests.documentation.program import command_lines
from tests.documentation.surface import answers, answers_something

SHELL = blocks("sh")
PYTHON = blocks("python")
# Variables that are not settings of the server: of the client, the cloud libraries, scripts, tests and Postgres.
OTHER_VARIABLES = {
    *("SCOUTER_SERVER_URI", "SCOUTER_USERNAME", "SCOUTER_PASSWORD"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS"),
    *("SCOUTER_UNPACK_DIR", "TWINS_EXAMPLES", "FEATURES", "PGPASSWORD"),
}
# Pages on which no block is run, and why.
NOT_RUN = {
    "docs/guides/images.md": "it wants a container engine; scripts/smoke-image drives what it says",
    "deploy/kubernetes/README.md": "it wants a cluster",
    "CONTRIBUTING.md": "it is what runs the tests",
}
_MARK = re.compile(r"run|run, refused|not run: \S.*")
_PLACEHOLDER = re.compile(r"<[a-z][\w ]*>")
_PATH = re.compile(r"(?:localhost:800[01]|127\.0\.0\.1:800[01])(/[\w/{}.-]*)")
_ASSIGNED = re.compile(r"(?:^|\s)([A-Z][A-Z0-9_]{3,})=")
_NAMED_ROUTE = re.compile(r"`(GET|POST|PUT|DELETE) (/[^`?\s]*)(?:\?[^`]*)?`")
_NAMED_SETTING = re.compile(
    r"`((?:SCOUTER|KAFKA|RABBITMQ|SLACK|OPSGENIE|POLLING|MAX|DATA|DATABASE|LOG)_[A-Z_]*[A-Z])(?:=[^`]*)?`"
)
_NAMED_METRIC = re.compile(r"`(scouter_[a-z_]+[a-z])`")
_NAMED_FILE = re.compile(r"`((?:scripts|tests|scouter|sql|deploy)/[\w./-]+)`")
_NOT_METRICS = {"scouter_py", "scouter_data", "scouter_storage", "scouter_monitoring"}


def place(block: Block) -> str:
    return block.place


@pytest.mark.parametrize("block", SHELL, ids=place)
def test_every_shell_block_says_whether_it_is_run_or_why_not(block: Block) -> None:
    if str(block.page.relative_to(ROOT)) not in NOT_RUN:
        assert _MARK.fullmatch(block.mark), f"above it stands {block.mark!r}"


@pytest.mark.parametrize("block", SHELL, ids=place)
def test_a_shell_block_is_shell(block: Block) -> None:
    text = _PLACEHOLDER.sub("placeholder", block.text)
    for shell in ("sh", "bash"):
        ended = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("block", SHELL, ids=place)
def test_commands_settings_and_addresses_of_a_shell_block_exist(block: Block) -> None:
    for words in commands_of(block):
        _assert_can_be_called(words)
    for name in _ASSIGNED.findall(block.text):
        assert name in known_variables(), name
    for path in _PATH.findall(block.text):
        assert path == "/metrics" or answers_something(path), path


@pytest.mark.parametrize("block", PYTHON, ids=place)
def test_a_python_block_is_python(block: Block) -> None:
    compile(block.text, block.place, "exec")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    prose = prose_of(page)
    for method, path in _NAMED_ROUTE.findall(prose):
        for each in _unfolded(path):
            assert path in {"/metrics", "/path"} or answers(method, each), f"{method} {path}"
    metrics = {metric.name for metric in declared()}
    for name in set(_NAMED_METRIC.findall(prose)) - _NOT_METRICS:
        assert name in metrics or name + "_total" in metrics, name
    for name in _NAMED_SETTING.findall(prose):
        assert name in known_variables(), name
    for name in _NAMED_FILE.findall(prose):
        assert is_there(name), name
    for block in blocks("sh"):
        if block.page == page and block.mark.startswith("not run"):
            assert all(is_there(name) for name in re.findall(r"(?:tests|scripts)/[\w./-]*\w", block.mark)), block.mark


def test_the_log_lines_that_troubleshooting_quotes_are_written_somewhere() -> None:
    page = prose_of(ROOT / "docs" / "guides" / "troubleshooting.md")
    told = re.findall(r"the (?:log|warning):?((?:\s|[a-z]|,|or|then|;)*`[^`]*`(?:(?:,| or|, then)\s+`[^`]*`)*)", page)
    quoted = [line for part in told for line in re.findall(r"`([^`]*)`", part)]
    assert len(quoted) > 20
    for line in quoted:
        for piece in filter(None, (each.strip(" :,") for each in " ".join(line.split()).split("..."))):
            assert len(piece) < 4 or piece in texts(), f"nobody writes {piece!r}"


def commands_of(block: Block) -> Iterator[list[str]]:
    """Every command of ours, as words without what is said behind it or beside it."""
    text = _PLACEHOLDER.sub("placeholder", block.text).replace("\\\n", " ")
    for line in re.split(r"\n|&&|\|\||\$\(|;", text):
        words = shlex.split(re.split(r"[|)]| >", line)[0], comments=True) if _is_whole(line) else []
        while words and re.match(r"[A-Za-z_]+=", words[0]):
            words = words[1:]
        if words:
            yield words


def _is_whole(line: str) -> bool:
    try:
        shlex.split(re.split(r"[|)]| >", line)[0], comments=True)
    except ValueError:
        return False
    return True


def _assert_can_be_called(words: list[str]) -> None:
    found = next((each for each in command_lines() if words[: len(each.words)] == each.words), None)
    if found is None:
        program = words[0].removeprefix("./")
        assert not program.startswith("scripts/") or is_there(program), program
        return
    arguments = words[len(found.words) :]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "error", _refuse)
        if arguments not in (["--help"], ["--version"], []):
            found.parser().parse_args(arguments)


def _refuse(parser: argparse.ArgumentParser, message: str) -> None:
    raise AssertionError(f"{parser.prog}: {message}")


@cache
def known_variables() -> frozenset[str]:
    return frozenset(variable for _, variable, _, _ in settings_table()) | OTHER_VARIABLES


@cache
def texts() -> str:
    """Every text in the sources, with what is filled in left out."""
    found = []
    for path in (ROOT / "scouter").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


def _unfolded(path: str) -> list[str]:
    folded = re.search(r"\{(\w+(?:,\w+)+)\}", path)
    return [path] if folded is None else [path.replace(folded[0], each) for each in folded[1].split(",")]
