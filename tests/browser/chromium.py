"""The browser of the distribution, driven by Playwright; nothing is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

_LEFT_BEHIND = "net::ERR_ABORTED"  # somebody went on before it was there
NAMES = ("chromium", "chromium-browser", "google-chrome")


def installed() -> str | None:
    """Where it is."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def started(program: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, *, provoked: str | None = None, **options: Any) -> Iterator[Page]:
    """A page of its own, signed in nowhere. What the browser complains of fails whoever looked at it.

    That is the check of the policy, too: a style or a script that it refuses is said on the console. `provoked`: what
    it says of that which a test does on purpose.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(10_000)
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (provoked and provoked in message.text):
            said.append(f"{message.type}: {message.text} ({message.location['url']})")

    def miss(request: Request) -> None:
        if request.failure != _LEFT_BEHIND:
            said.append(f"failed: {request.url} ({request.failure})")

    try:
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda problem: said.append(str(problem)))
        page.on("requestfailed", miss)
        yield page
    finally:
        context.close()
    assert said == [], "\n".join(said)
