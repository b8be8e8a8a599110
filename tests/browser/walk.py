"""A walk over the pages along their links, as somebody who has signed in; a browser is not needed for it."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

from tests.browser.links import links_of
from tests.page_client import UI, PageAnswer, PageClient

_MOST_OF_A_SHAPE = 4  # pages that differ in numbers and names alone


@dataclass(frozen=True)
class Visited:
    address: str
    found_on: str
    answer: PageAnswer

    @property
    def shape(self) -> str:
        return shape_of(self.address)

    @property
    def is_page(self) -> bool:
        kind = self.answer.headers.get("Content-Type", "")
        return self.address.startswith(UI) and kind.startswith("text/html")


def walk(client: PageClient, start: str = UI + "/", most: int = _MOST_OF_A_SHAPE) -> Iterator[Visited]:
    """Every kind of page that links lead to, `most` of each; forms that change something are not sent."""
    waiting: deque[tuple[str, str]] = deque([(start, "")])
    known, taken = {start}, Counter[str]()
    while waiting:
        address, found_on = waiting.popleft()
        taken[shape_of(address)] += 1
        if taken[shape_of(address)] > most:
            continue
        visited = Visited(address, found_on, client.get(address))
        yield visited
        for link in _links(visited):
            if link not in known:
                known.add(link)
                waiting.append((link, address))


def shape_of(address: str, only: Collection[str] | None = None) -> str:
    """The address without what is of one profile, one run or one day: `/runs/N`, `/feature?name&uid`.

    `only`: which names of the query count.
    """
    parts = urlsplit(address)
    path = re.sub(r"/[0-9a-f-]{32,}|/\d+", "/N", parts.path)
    given = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    names = sorted(given if only is None else given.intersection(only))
    return path + ("?" + "&".join(names) if names else "")


def _links(visited: Visited) -> list[str]:
    moved = visited.answer.location
    return (
        [urljoin(visited.address, moved).partition("#")[0]] if moved else links_of(visited.answer.html, visited.address)
    )
