"""Everything that the server answers over HTTP: all resources, with the parts of the server that each needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from scouter.alerting.channels.routing import Channels
from scouter.alerting.trial import Trials
from scouter.answering import Behind
from scouter.api.alert_policies import AlertPolicies
from scouter.api.alert_trial import AlertTrial
from scouter.api.alerts import Alerts
from scouter.api.application import Neighbour, Served, application
from scouter.api.archive import Archive
from scouter.api.caller_address import TrustedProxies
from scouter.api.capabilities import Capabilities
from scouter.api.charts import Charts
from scouter.api.deliveries import Deliveries
from scouter.api.documentation import Documentation
from scouter.api.dry_runs import DryRunResource
from scouter.api.exports import RecordExports
from scouter.api.front_page import FrontPage
from scouter.api.healthcheck import Healthcheck
from scouter.api.ledger import LedgerResource
from scouter.api.login import Login
from scouter.api.messages import Messages
from scouter.api.observability import Observability
from scouter.api.open_alerts import OpenAlerts
from scouter.api.probes import Probes
from scouter.api.problems import Problems
from scouter.api.profile_deletion import ProfileDeletion
from scouter.api.profile_features import ProfileFeatures
from scouter.api.profile_judgements import ProfileJudgements
from scouter.api.profile_listing import ProfileListing
from scouter.api.profile_states import ProfileStates
from scouter.api.profiles import Profiles
from scouter.api.quarantine import Quarantine
from scouter.api.routing import Resource
from scouter.api.runs import Runs
from scouter.api.silences import Silences
from scouter.api.tags import Tags
from scouter.api.users import Users
from scouter.archive.days import ArchivedDays
from scouter.archive.export import Exports
from scouter.archive.history import History
from scouter.archive.past_windows import PastWindows
from scouter.archive.periods import ArchivePeriods
from scouter.checks.asked_checks import AskedChecks
from scouter.dry_run.dry_runs import DryRuns
from scouter.profiles.chart_series import ChartSeries
from scouter.settings.settings import Settings


def http_application(
    behind: Behind, settings: Settings, now: Callable[[], datetime], beside: Neighbour | None = None
) -> Served:
    resources = _resources(behind, settings, now)
    resources += [Capabilities(resources), Documentation(resources)]
    return application(
        resources,
        behind.authentication,
        max_bytes=settings.http.max_message_bytes,
        proxies=TrustedProxies(settings.http.trusted_proxies),
        is_disk_full=behind.disk.is_low if behind.disk else lambda: False,
        beside=beside,
    )


def _resources(behind: Behind, settings: Settings, now: Callable[[], datetime]) -> list[Resource]:
    pool, ingest, entities = behind.pool, behind.ingest, behind.core.entities
    return [
        FrontPage(has_pages=settings.http.pages),
        Healthcheck(),
        Probes(behind.health),
        Login(behind.authentication),
        Users(behind.administration),
        Profiles(pool, entities, behind.core.features, settings.alerting, now),
        ProfileListing(pool),
        ProfileStates(pool),
        ProfileFeatures(pool, entities, behind.ranked),
        ProfileJudgements(pool, entities),
        ProfileDeletion(pool, entities, behind.core.features),
        Messages(ingest.gateway, now, behind.disk),
        Charts(ChartSeries(pool, History(pool, behind.reads)), entities, now),
        RecordExports(_exports(behind, settings), entities, now),
        Archive(ArchivedDays(pool, ArchivePeriods.of(settings), behind.reads.store.name, now)),
        Alerts(pool, entities, now),
        OpenAlerts(pool, entities, now),
        Problems(pool, entities),
        Silences(pool),
        AlertPolicies(pool, entities, settings.alerting),
        Tags(pool, entities),
        AlertTrial(
            pool, entities, Trials(Channels(settings.alerting, settings.http.public_url), settings.alerting, now)
        ),
        DryRunResource(DryRuns(pool, _past_windows(behind, settings), settings.checks, now), pool, entities),
        Deliveries(pool, entities),
        Runs(
            pool,
            entities,
            AskedChecks(pool, settings.checks, settings.alerting),
            timedelta(seconds=settings.checks.window_grace_seconds),
        ),
        Observability(pool, entities, now),
        LedgerResource(behind.books),
        Quarantine(pool, behind.quarantine),
    ]


def _past_windows(behind: Behind, settings: Settings) -> PastWindows:
    return PastWindows(behind.conninfo, behind.pool, behind.reads, settings.database.data_dir / "dry_runs")


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
