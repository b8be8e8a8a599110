"""On how many rows the features of a profile were trained: what people said, and what its document tells."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from scouter.drift.judgement.known_rows import KnownRows, SaidRows
from scouter.drift.judgement.training_rows import NOTHING_RECOVERED, RecoveredRows
from scouter.postgres.statements import Connection
from scouter.postgres.tables.profile_judgement import SaidOfRows, said_of_rows
from scouter.wire.profiles import Profile, PsiProfile

_MOST_DOCUMENTS = 2000


def known_rows(connection: Connection, entity_id: int, profile: Profile, document: str) -> KnownRows:
    """`document`: the text of `profile`, as it is stored."""
    return rows_said(said_of_rows(connection, entity_id), profile, document)


def rows_said(said: SaidOfRows, profile: Profile, document: str) -> KnownRows:
    stated = SaidRows.of(said.training_rows, said.by_feature, said.tags)
    return KnownRows(stated, _recovered.of(profile, document))


class _Recovered:
    """What proportions tell is worked out once a document: it takes longer than a check."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[bytes, RecoveredRows] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, profile: Profile, document: str) -> RecoveredRows:
        if not isinstance(profile, PsiProfile):
            return NOTHING_RECOVERED
        key = hashlib.blake2b(document.encode(), digest_size=16).digest()
        with self._lock:
            if (known := self._known.get(key)) is not None:
                self._known.move_to_end(key)
                return known
        found = RecoveredRows.of(
            {name: [each.proportion for each in feature.bins] for name, feature in profile.features.items()}
        )
        with self._lock:
            self._known[key] = found
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return found


_recovered = _Recovered(_MOST_DOCUMENTS)
