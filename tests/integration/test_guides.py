"""What the guides tell their readers to type, typed against a server, page by page and in order."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.documentation.pages import ROOT, Block, blocks_of, pages
from tests.documentation.shell import PageShell
from tests.http_client import HttpClient
from tests.profile_documents import registration, spc_profile
from tests.server_process import ServerProcess

OF_THE_CLIENT = {ROOT / "docs" / "tutorial.md"}  # tests/client/test_tutorial.py runs it


def to_run(page: Path) -> list[Block]:
    return [block for block in blocks_of(page) if block.mark in {"run", "run, refused"}]


PAGES = [page for page in pages() if to_run(page) and page not in OF_THE_CLIENT]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One that has the profile of the examples, `shop/churn 0.1.0`, with a record of now."""
    directory = tmp_path_factory.mktemp("guides")
    with ServerProcess(directory, {"SCOUTER_STORAGE_URI": str(directory / "archive")}) as running:
        client = HttpClient(running.url).login()
        profile = spc_profile("shop", "churn")
        uid = client.post("/scouter/profile", registration(profile)).body["uid"]
        now = datetime.now(UTC).isoformat()
        record = {"Spc": {"created_at": now, "uid": uid, "feature": "f0", "value": 0.0}}
        assert client.post("/scouter/message", {"records": [record]}).status == 200
        client.close()
        yield running


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_the_page_says_works(page: Path, server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "scouter.py").symlink_to(ROOT / "scouter.py")
    programs = Path(sys.executable).parent
    with PageShell(server, tmp_path, programs, server.environment) as shell:
        for block in to_run(page):
            shell.run(block.text, refused=block.mark == "run, refused")
