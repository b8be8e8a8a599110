"""The parts of the server that answer, for all who are asked: the API and the pages."""

from __future__ import annotations

from dataclasses import dataclass

from scouter.archive.reads import ArchiveReads
from scouter.ingest.consumer_set import ConsumerSet
from scouter.ingest.core import IngestCore
from scouter.ingest.ledger.books import Books
from scouter.ingest.pipeline import IngestPipeline
from scouter.ingest.quarantine.handling import QuarantineHandling
from scouter.postgres.connections.database_watch import DatabaseWatch
from scouter.postgres.connections.pool import Pool
from scouter.postgres.embedded.disk_space import DiskSpace
from scouter.profiles.ranked_features import RankedFeatures
from scouter.runtime.health import Health
from scouter.users.administration import Administration
from scouter.users.authentication import Authentication
from scouter.users.page_sessions import PageSessions


@dataclass(frozen=True, slots=True)
class Behind:
    """`disk` is None when the database is not ours, `consumers` where this process reads from no broker."""

    conninfo: str
    pool: Pool
    core: IngestCore
    ingest: IngestPipeline
    books: Books
    quarantine: QuarantineHandling
    consumers: ConsumerSet | None
    reads: ArchiveReads
    authentication: Authentication
    administration: Administration
    sessions: PageSessions
    health: Health
    watch: DatabaseWatch
    ranked: RankedFeatures
    disk: DiskSpace | None
