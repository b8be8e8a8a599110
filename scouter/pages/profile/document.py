"""The document of a profile as it is registered, and its tags."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from scouter.errors import NotFound
from scouter.pages.profile.page import crumbs
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_profile
from scouter.pages.site.visit import Answer, Saved, Shown, Visit
from scouter.pages.text.plain_text import plain
from scouter.pages.wording.outcomes import kind_in_words
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.profiles import document_of
from scouter.postgres.tables.tags import tags_of_profile
from scouter.wire.names import Uid

MOST_SHOWN = 200_000
_MOST_TAGS = 200
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_FILE_NAME = 80


class DocumentQuery(Struct, frozen=True):
    uid: Uid
    download: bool = False


class ProfileDocument:
    def __init__(self, reads: QuickReads) -> None:
        self._reads = reads

    def pages(self) -> list[Page]:
        return [Page("/profile/document", self.show, query=DocumentQuery, summary="A profile as it is registered.")]

    def show(self, visit: Visit) -> Answer:
        query: DocumentQuery = visit.query
        with self._reads.connection() as connection:
            entity = readable_profile(connection, visit.caller, query.uid)
            document = document_of(connection, entity.id)
            tags = tags_of_profile(connection, entity.id, maximum=_MOST_TAGS + 1)
        if document is None:
            raise NotFound("the profile is gone")
        if query.download:
            return Saved(document.encode(), file_name(entity))
        # Numbers stay as they were written.
        text = msgspec.json.format(document, indent=2)
        values = {
            "entity": entity,
            "crumbs": [*crumbs(entity), (f"{entity.name} {entity.version}", addresses.profile(entity.uid))],
            "kind": kind_in_words(entity.drift_type),
            "text": shown_text(text),
            "size": len(document.encode()),
            "is_cut": len(text) > MOST_SHOWN,
            "download": addresses.document(entity.uid, download=True),
            "tags": tags[:_MOST_TAGS],
            "has_more_tags": len(tags) > _MOST_TAGS,
        }
        return Shown("profile_document.html", values, seconds=0)


def shown_text(text: str) -> str:
    """Line by line, without what turns the direction of what stands around it."""
    return "\n".join(plain(line) for line in text[:MOST_SHOWN].split("\n"))


def file_name(entity: Entity) -> str:
    return f"{safe(f'{entity.space}-{entity.name}-{entity.version}')}.json"


def safe(name: str) -> str:
    """Of a name what every file system takes."""
    return _UNSAFE.sub("_", name)[:_LONGEST_FILE_NAME].strip("._") or "unnamed"
