"""TEMPORARY"""

from __future__ import annotations
import os, shutil
from pathlib import Path
from typing import IO, Any
from scouter.settings import Settings
from scouter.errors import StoreAway


class L:
    is_remote = False

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.name = str(self.root)

    def put(self, local: Path, path: str) -> None:
        t = self.root / path
        t.parent.mkdir(parents=True, exist_ok=True)
        x = t.with_suffix(".tmp")
        shutil.copy(local, x)
        os.replace(x, t)

    def put_bytes(self, content: bytes, path: str) -> None:
        t = self.root / path
        t.parent.mkdir(parents=True, exist_ok=True)
        t.write_bytes(content)

    def open(self, path: str) -> IO[bytes]:
        return (self.root / path).open("rb")

    def size(self, path: str) -> int | None:
        t = self.root / path
        return t.stat().st_size if t.exists() else None

    def delete(self, path: str) -> None:
        (self.root / path).unlink(missing_ok=True)

    def probe(self) -> None:
        if not self.root.is_dir():
            raise StoreAway(self.name, "no such directory")

    def register(self, context: Any) -> None:
        pass

    def url(self, path: str) -> str:
        return str(self.root / path)


def open_store(settings: Settings) -> L:
    return L(Path(settings.storage_uri))
