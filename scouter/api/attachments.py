"""Under which name a browser saves a reply. What profiles are called is anybody's choice; what a header says is not."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import quote

_NO_FILE_HAS = re.compile(r'[/\\:*?"<>|]')
_NOT_PLAIN = re.compile(r"[^\w. -]", re.ASCII)
_LONGEST = 200
_NAMELESS = "download"


def content_disposition(file_name: str) -> str:
    """The header for a reply that is to be saved under about that name. RFC 6266, with a plain name for old readers."""
    name = _usable(file_name)
    plain = _NOT_PLAIN.sub("_", name)
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def _usable(file_name: str) -> str:
    """A name that every disk takes, hidden nowhere and in no other folder."""
    shown = "".join(letter for letter in file_name if letter.isprintable())
    name = _NO_FILE_HAS.sub("_", shown).strip(" .")
    if len(name) > _LONGEST:
        suffix = PurePosixPath(name).suffix[-20:]
        return name[: _LONGEST - len(suffix)] + suffix
    return name or _NAMELESS
