"""What people do on every page: go somewhere, sign in."""

from __future__ import annotations

from playwright.sync_api import Page

UI = "/scouter/ui"


class Visitor:
    """Somebody before a window."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def go(self, path: str) -> Page:
        """`path`: below the prefix of pages, or whole."""
        self.page.goto(self.url + (path if path.startswith(UI) else UI + path))
        return self.page

    def sign_in(self, username: str = "admin", password: str = "admin", to: str = "/") -> Page:
        self.go(to)
        self.fill_in(username, password)
        return self.page

    def fill_in(self, username: str = "admin", password: str = "admin") -> None:
        """On the page where one signs in."""
        self.page.get_by_label("Name").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_load_state()

    @property
    def path(self) -> str:
        """Where it is, below the server's address."""
        return self.page.url.removeprefix(self.url)
