"""Style, script and picture: read once, with a hash in their names, so that browsers keep them for a year."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePosixPath

import falcon

from scouter.pages.site.site_headers import FOR_A_YEAR

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """`served_as` is its name with the hash of what is in it."""

    name: str
    served_as: str
    media_type: str
    data: bytes


class StaticFiles:
    def __init__(self) -> None:
        folder = resources.files("scouter.pages") / "static"
        found = [_file(each.name, each.read_bytes()) for each in folder.iterdir() if _suffix(each.name) in _TYPES]
        self._by_name = {each.name: each for each in found}
        self._by_served = {each.served_as: each for each in found}

    def address(self, name: str) -> str:
        """Below the prefix."""
        return f"/static/{self._by_name[name].served_as}"

    def get(self, served_as: str) -> StaticFile | None:
        return self._by_served.get(served_as)


class StaticFolder:
    """The Falcon resource of them. There is nothing secret in them: nobody has to be signed in."""

    def __init__(self, files: StaticFiles) -> None:
        self._files = files

    def on_get(self, _: falcon.Request, response: falcon.Response, name: str) -> None:
        found = self._files.get(name)
        if found is None:
            raise falcon.HTTPNotFound
        response.set_headers(FOR_A_YEAR)
        response.content_type = found.media_type
        response.data = found.data

    on_head = on_get


def _file(name: str, data: bytes) -> StaticFile:
    path = PurePosixPath(name)
    digest = hashlib.sha256(data).hexdigest()[:12]
    return StaticFile(name, f"{path.stem}.{digest}{path.suffix}", _TYPES[path.suffix], data)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix
