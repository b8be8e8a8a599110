"""What admins are told on every page, while it holds, and what everybody is told while Postgres is away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scouter.errors import DatabaseAway
from scouter.pages.site.remembered import Remembered
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.server import Server
from tests.conditions import eventually
from tests.databases.chosen import chosen_binaries
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.pages.test_messages import message
from tests.page_client import PageClient
from tests.profile_documents import registration, spc_profile
from tests.server_process import let_others_enter


def notices(browser: PageClient, path: str = "/connect") -> list[str]:
    """Their texts."""
    found = re.findall(r'<p class="notice warn">(.*?)</p>', browser.get(path).html)
    return [html.unescape(re.sub(r"<[^>]+>", "", each)) for each in found]


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Whatever stands on every page is looked up each time."""
    with pytest.MonkeyPatch.context() as patched:
        for seconds in ("_USERS_SECONDS", "_QUARANTINE_SECONDS"):
            patched.setattr(f"scouter.pages.site.notices.{seconds}", 0.0)
        running = Server(settings_for(database, tmp_path_factory.mktemp("server")))
        running.start()
    yield running
    running.stop()


def test_a_known_password_and_messages_of_no_profile(
    browser_of_admin: PageClient, admin: HttpClient, visitor: PageClient
) -> None:
    both = "The users admin and guest have the passwords that everybody knows. Give them others"
    assert both in notices(browser_of_admin)
    assert not any("profile that is not registered" in each for each in notices(browser_of_admin))
    for name in ("nobody knows", "nor this"):
        assert admin.send("POST", "/scouter/message", message(name)).status == 400
    assert "2 messages name a profile that is not registered, or not any more. Look at them" in notices(
        browser_of_admin
    )
    guest = browser_of_admin.get("/user?name=guest")
    assert guest.status == 200
    changed = browser_of_admin.post("/user?name=guest", do="password", password="not so well known")
    assert changed.status == 303
    assert "The user admin has the password that everybody knows. Give it another one" in notices(browser_of_admin)
    visitor.sign_in("guest", "not so well known")
    assert notices(visitor) == [], "only admins can do something about it"


def test_links_of_notices_lead_somewhere(browser_of_admin: PageClient) -> None:
    page = browser_of_admin.get("/connect")
    links = re.findall(r'<p class="notice warn">.*?href="([^"]+)"', page.html)
    assert links
    for address in links:
        assert browser_of_admin.send("GET", address.replace("&amp;", "&").partition("#")[0], None, {}).status == 200


def test_what_cannot_be_looked_up_is_what_was_last_known() -> None:
    answers: Iterator[int] = iter([3])

    def ask() -> int:
        try:
            return next(answers)
        except StopIteration:
            raise DatabaseAway from None

    remembered = Remembered[int](ask, 0, seconds=0.0)
    assert [remembered.get() for _ in range(3)] == [3, 3, 3]


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """One that can be stopped."""
    with EmbeddedPostgres(let_others_enter(tmp_path / "database"), binaries=chosen_binaries()) as started:
        yield started


@pytest.fixture
def own_server(own_database: EmbeddedPostgres, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings_for(own_database.start(), tmp_path / "server"))
    running.start()
    yield running
    running.stop()


def test_while_postgres_is_away(own_database: EmbeddedPostgres, own_server: Server) -> None:
    with HttpClient(own_server.address) as client, PageClient(own_server.address) as browser:
        client.login()
        assert client.post("/scouter/profile", registration(spc_profile(name="bridged"), legacy=True)).status == 200
        browser.sign_in()
        for path in ("/", "/messages"):
            assert browser.get(path).status == 200
        own_database.stop()
        for value in (1.0, 2.0):
            answer = client.send("POST", "/scouter/message", message("bridged", value))
            assert (answer.status, answer.body["spooled"]) == (200, True)
        eventually(lambda: says(browser, "/", 503, "2 messages wait on this server's disk"))
        page = browser.get("/")
        assert re.search(r"Postgres last answered today \d\d:\d\d(:\d\d)? \. Nothing is lost:", page.text), page.text
        assert "2 messages wait on this server's disk until Postgres stores them. The spool" in notices(browser)
        assert any(each.startswith("Not well on this server: database") for each in notices(browser))
        eventually(lambda: says(browser, "/messages", 200, "Postgres does not store now."))
        assert says(browser, "/messages", 200, "The database does not answer.")
        assert says(browser, "/server", 200, "database does not work")
        for path in ("/archive", "/users", "/service?space=s&name=m"):
            assert says(browser, path, 503, "Nothing is lost"), path
        with PageClient(own_server.address) as other:  # known users come in
            assert other.sign_in().get("/connect").status == 200
        own_database.start()
        eventually(lambda: says(browser, "/messages", 200, "Nothing waits."), seconds=30)
        assert not any("wait on this server's disk" in each for each in notices(browser))


def says(browser: PageClient, path: str, status: int, text: str) -> bool:
    page = browser.get(path)
    return page.status == status and text in page.text
