"""`scripts/screenshots`: start the demonstration, and write what is to be seen of its pages into docs/pictures."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.visitor import Visitor
from tests.demonstration import Demonstration
from tests.http_client import HttpClient
from tests.screenshots.pictures import Picture, pictures
from tests.screenshots.small_png import smaller
from tests.server_process import ROOT

FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
_PASSWORD = "of-the-pictures"


def main() -> int:
    program = chromium.installed()
    if program is None:
        print(
            "there is no Chromium: scripts/test-services installs it from Debian's or Ubuntu's packages",
            file=sys.stderr,
        )
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scouter-pictures-") as folder, Demonstration(Path(folder)) as server:
        client = HttpClient(server.url).login()
        tidy(client)
        with chromium.started(program) as browser:
            sizes = [take(browser, server.url, picture) for picture in pictures(client)]
    return 0 if max(sizes) < MOST_BYTES else 1


def tidy(client: HttpClient) -> None:
    """What admins are warned of on every page is not what the pictures are about."""
    client.delete("/scouter/quarantine?" + urlencode({"reason": "unknown_profile"}))
    client.put("/scouter/user/guest", {"username": "guest", "password": _PASSWORD})
    client.put("/scouter/user/admin", {"username": "admin", "password": _PASSWORD, "current_password": "admin"})
    client.password, client.token = _PASSWORD, None
    client.login()


def take(browser: Browser, url: str, picture: Picture) -> int:
    """The bytes of the file."""
    theme: Literal["light", "dark"] = picture.theme
    size = {"width": picture.width, "height": picture.height}
    with chromium.window(browser, viewport=size, color_scheme=theme, reduced_motion="reduce") as page:
        Visitor(page, url).sign_in("admin", _PASSWORD, picture.address)
        page.wait_for_load_state("networkidle")
        png = smaller(page.screenshot())
    (FOLDER / f"{picture.name}.png").write_bytes(png)
    print(f"docs/pictures/{picture.name}.png: {len(png)} bytes")
    return len(png)


if __name__ == "__main__":
    sys.exit(main())
