"""Everything that the server answers over HTTP: all resources, with the parts of the server that each needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scouter.alerting.channels.routing import Channels
from scouter.api.alert_trial import AlertTrial
from scouter.api.alerts import Alerts
from scouter.api.application import Application, application
from scouter.api.archive import Archive
from scouter.api.caller_address import TrustedProxies
from scouter.api.capabilities import Capabilities
from scouter.api.charts import Charts
from scouter.api.deliveries import Deliveries
from scouter.api.documentation import Documentation
from scouter.api.exports import RecordExports
from scouter.api.healthcheck import Healthcheck
from scouter.api.ledger import LedgerResource
from scouter.api.login import Login
from scouter.api.messages import Messages
from scouter.api.observability import Observability
from scouter.api.probes import Probes
from scouter.api.profile_deletion import ProfileDeletion
from scouter.api.profile_listing import ProfileListing
from scouter.api.profiles import Profiles
from scouter.api.quarantine import Quarantine
from scouter.api.routing import Resource
from scouter.api.runs import Runs
from scouter.api.tags import Tags
from scouter.api.users import Users
from scouter.archive.export import Exports
from scouter.archive.history import History
from scouter.archive.periods import ArchivePeriods
from scouter.archive.reads import ArchiveReads
from scouter.ingest.core import IngestCore
from scouter.ingest.pipeline import IngestPipeline
from scouter.postgres.connections.pool import Pool
from scouter.postgres.embedded.disk_space import DiskSpace
from scouter.runtime.health import Health
from scouter.settings.settings import Settings
from scouter.users.authentication import Authentication


@dataclass(frozen=True, slots=True)
class Behind:
    """The parts of the server that answer. `disk` is None when the database is not ours."""

    conninfo: str
    pool: Pool
    core: IngestCore
    ingest: IngestPipeline
    reads: ArchiveReads
    authentication: Authentication
    health: Health
    disk: DiskSpace | None


def http_application(behind: Behind, settings: Settings, now: Callable[[], datetime]) -> Application:
    resources = _resources(behind, settings, now)
    resources += [Capabilities(resources), Documentation(resources)]
    return application(
        resources,
        behind.authentication,
        max_bytes=settings.http.max_message_bytes,
        proxies=TrustedProxies(settings.http.trusted_proxies),
        is_disk_full=behind.disk.is_low if behind.disk else lambda: False,
    )


def _resources(behind: Behind, settings: Settings, now: Callable[[], datetime]) -> list[Resource]:
    pool, ingest, entities = behind.pool, behind.ingest, behind.core.entities
    return [
        Healthcheck(),
        Probes(behind.health),
        Login(behind.authentication),
        Users(pool, behind.authentication),
        Profiles(pool, entities, settings.alerting, now),
        ProfileListing(pool),
        ProfileDeletion(pool, entities, behind.core.features),
        Messages(ingest.gateway, now, behind.disk),
        Charts(pool, History(pool, behind.reads), entities, now),
        RecordExports(_exports(behind, settings), entities, now),
        Archive(pool, ArchivePeriods.of(settings), behind.reads.store.name, now),
        Alerts(pool, entities, now),
        Tags(pool, entities),
        AlertTrial(pool, entities, Channels(settings.alerting), settings.alerting, now),
        Deliveries(pool, entities),
        Runs(pool, entities),
        Observability(pool, entities, now),
        LedgerResource(ingest.fleet_ledger(pool), ingest, settings.records),
        Quarantine(pool, behind.core.replay(pool)),
    ]


def _exports(behind: Behind, settings: Settings) -> Exports:
    directory: Path = settings.database.data_dir / "exports"
    archive = settings.archive
    return Exports(
        behind.conninfo,
        behind.pool,
        behind.reads,
        directory,
        maximum=archive.max_reads,
        wait_seconds=archive.read_seconds,
    )
