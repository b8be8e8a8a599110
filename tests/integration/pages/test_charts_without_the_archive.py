"""Pages of profiles whose older records are in an archive that cannot be read."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scouter.pages.site import addresses
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import archive, archiving_settings, noon, register_three, send
from tests.page_client import PageClient


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archived")


@pytest.fixture(scope="module")
def settings(database: str, directory: Path) -> Settings:
    return archiving_settings(database, directory)


@pytest.fixture(scope="module")
def uids(server: Server, settings: Settings) -> dict[str, str]:
    """By kind, with records of yesterday in Postgres, and of forty days ago in files."""
    with HttpClient(server.address) as client:
        uids = register_three(client.login())
        send(client, uids, noon(40))
        assert archive(settings).moved
        send(client, uids, noon(1))
    return uids


@pytest.fixture
def away(directory: Path) -> Iterator[None]:
    (directory / "store").rename(directory / "elsewhere")
    yield
    (directory / "elsewhere").rename(directory / "store")


@pytest.mark.parametrize("kind", ["spc", "psi", "custom"])
def test_archived_days_are_drawn(browser_of_admin: PageClient, uids: dict[str, str], kind: str) -> None:
    page = browser_of_admin.get("/profile", None, uid=uids[kind], **_sixty_days())
    drawn = re.search(r'data-values="([^"]*)"', page.html)
    assert drawn is not None, page.text
    assert len(drawn.group(1).split()) == 2


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("kind", ["spc", "psi", "custom"])
def test_without_the_archive_the_pages_stand(browser_of_admin: PageClient, uids: dict[str, str], kind: str) -> None:
    name = "mae" if kind == "custom" else "f0"
    for address in (addresses.profile(uids[kind]), addresses.feature(uids[kind], name)):
        page = browser_of_admin.get(address + "&" + "&".join(f"{key}={at}" for key, at in _sixty_days().items()))
        assert page.status == 200
        assert "The archive, which holds the older days of it, cannot be read now." in page.text
        assert 'data-values="' not in page.html
        to = re.search(r'href="([^"]*archive=0[^"]*)">Show without archived days', page.html)
        assert to is not None
        without = browser_of_admin.get(html.unescape(to.group(1)).partition("#")[0])
        assert without.status == 200
        assert "Without days that are in the archive." in without.text
        drawn = re.search(r'data-values="([^"]*)"', without.html)
        assert drawn is not None
        assert len(drawn.group(1).split()) == 1
    assert browser_of_admin.get(addresses.profile(uids[kind], last="24h")).html.count("cannot be read now") == 0


def _sixty_days() -> dict[str, str]:
    return {"from": f"{noon(50):%Y-%m-%dT%H:%MZ}", "to": f"{noon(0):%Y-%m-%dT%H:%MZ}"}
