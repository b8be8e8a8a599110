"""The tutorial, from top to bottom, with the published client: it ends with an alert on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.client.client_session import client_environment
from tests.conditions import eventually
from tests.documentation.pages import ROOT, blocks_of
from tests.documentation.shell import PageShell
from tests.server_process import ServerProcess

TUTORIAL = ROOT / "docs" / "tutorial.md"
_PRINTED_SECONDS = 60


@pytest.mark.timeout(180)
def test_the_tutorial_ends_with_an_alert_on_the_screen(client_pythons: Mapping[str, Path], tmp_path: Path) -> None:
    python = client_pythons["0.25.0"]
    work = tmp_path / "churn-model"
    work.mkdir()
    with ServerProcess(tmp_path / "server") as server:
        environment = client_environment(SCOUTER_SERVER_URI=server.url)
        with PageShell(server, work, python.parent, environment) as shell:
            done = [_follow(block.mark, block.text, shell, server, work) for block in blocks_of(TUTORIAL)]
    assert done.count("ran") >= 5
    assert done.count("saw") == 1


def _follow(mark: str, text: str, shell: PageShell, server: ServerProcess, work: Path) -> str:
    if mark.startswith("file: "):
        (work / mark.removeprefix("file: ")).write_text(text)
        return "wrote"
    if mark == "run":
        shell.run(text)
        return "ran"
    if mark == "printed by the server":
        eventually(lambda: all(line in server.log for line in text.splitlines()), seconds=_PRINTED_SECONDS)
        return "saw"
    assert mark.startswith("not run: "), f"what is to be done with this?\n{text}"
    return "passed by"
