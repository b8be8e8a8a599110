"""The settings of a running server as people may see them: of a secret only whether it is set."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scouter.settings import parsers
from scouter.settings.settings import Settings, shown_default

SET, NOT_SET = "set", "not set"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """`value` and `default` as one would write them. `is_default`: it is as it would be without its variable."""

    group: str
    variable: str
    value: str
    default: str
    why: str
    is_secret: bool
    is_default: bool


def shown_settings(settings: Settings) -> Iterator[ShownSetting]:
    """Every one, in the order in which people read them."""
    for each in dataclasses.fields(Settings):
        group = getattr(settings, each.name)
        for row in dataclasses.fields(group):
            yield _shown(group.title, row, getattr(group, row.name))


def _shown(group: str, row: dataclasses.Field[Any], value: object) -> ShownSetting:
    parse = row.metadata["parse"]
    is_secret = parse in parsers.SECRET_PARSERS
    if is_secret:
        text = NOT_SET if value is None else SET
    else:
        text = _without_credentials(str(value)) if parse is parsers.http_url and value else parsers.show(value)
    about = (shown_default(row), row.metadata["why"])
    return ShownSetting(group, row.metadata["variable"], text, *about, is_secret, value == row.default)


def _without_credentials(address: str) -> str:
    """Users, passwords and queries may be in addresses that are no secrets themselves."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
