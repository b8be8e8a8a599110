"""Every page of the documentation: its blocks, its headings, its links."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<language>\w*)\n(?P<text>.*?)^(?P=ticks)$", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--\s*((?:(?!-->).)*?)\s*-->\n\Z", re.DOTALL)
_LINK = re.compile(r"!?\[(?:[^\]]|\](?!\())*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_NOT_OURS = {"node_modules", "dist", "build"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `mark` is the comment on the line above it: what the tests do with it."""

    page: Path
    line: int
    language: str
    mark: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@cache
def pages() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith((".", "scouter_")) and name not in _NOT_OURS]
        found += [Path(folder, name) for name in files if name.endswith(".md")]
    return sorted(found)


@cache
def blocks_of(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(
            page, text.count("\n", 0, found.start()) + 1, found["language"], _mark(text[: found.start()]), found["text"]
        )
        for found in _FENCE.finditer(text)
    ]


def blocks(*languages: str) -> list[Block]:
    return [block for page in pages() for block in blocks_of(page) if block.language in languages]


def prose_of(page: Path) -> str:
    """Without fenced blocks."""
    return _FENCE.sub("", page.read_text())


def links_of(page: Path) -> Iterator[str]:
    for found in _LINK.finditer(prose_of(page)):
        yield found[1] or found[2]


@cache
def anchors_of(page: Path) -> set[str]:
    """What GitHub makes of headings: lower case, words joined by hyphens, a number behind repeated ones."""
    anchors: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.*?) *$", prose_of(page), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        times = sum(1 for each in anchors if re.fullmatch(re.escape(anchor) + r"(-\d+)?", each))
        anchors.add(anchor if anchor not in anchors else f"{anchor}-{times}")
    return anchors | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", prose_of(page)))


def _mark(before: str) -> str:
    found = _COMMENT.search(before[-600:])
    return " ".join(found[1].split()) if found else ""


def is_there(name: str) -> bool:
    """Whether the repository has it."""
    return (ROOT / name).exists()
