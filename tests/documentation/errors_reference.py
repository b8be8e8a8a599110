"""Every code that an error may carry, and what becomes of messages and records that are not stored."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from scouter import errors
from scouter.api.errors import status_of_kind
from scouter.errors import ArchiveFault, ScouterError, StartRefused
from scouter.ingest.validation.skip_reasons import Skip
from scouter.wire.quarantine import Reason
from tests.documentation.tables import code, table

_NEVER_ANSWERED = {StartRefused, ArchiveFault}
# Of Falcon, before any code of ours is asked.
_BEFOREHAND = {(405, "METHOD_NOT_ALLOWED"): ["The path is there, but not with that method; `Allow` says which are."]}


def rendered() -> str:
    told: dict[tuple[int, str], list[str]] = {}
    for kind in _kinds(ScouterError):
        if kind not in _NEVER_ANSWERED:
            told.setdefault(status_of_kind(kind), []).append(_first_sentence(kind))
    told |= _BEFOREHAND
    rows = [(str(status), code(name), " ".join(dict.fromkeys(said))) for (status, name), said in sorted(told.items())]
    return table(("status", "code", "when"), rows)


def rendered_reasons() -> str:
    reasons = ", ".join(code(reason.value) for reason in Reason)
    skips = ", ".join(code(skip.value) for skip in Skip)
    return f"Reasons of quarantine: {reasons}.\n\nReasons for which a record is skipped: {skips}.\n"


def _kinds(kind: type[ScouterError]) -> Iterator[type[ScouterError]]:
    if kind is not ScouterError and kind.__module__ == errors.__name__:
        yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
    if kind is ScouterError:
        yield kind


def _first_sentence(kind: type[ScouterError]) -> str:
    if kind is ScouterError:
        return "The server failed; its log says why."
    return (inspect.getdoc(kind) or "").partition("\n")[0].partition(". ")[0].rstrip(".") + "."
