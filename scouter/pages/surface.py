"""Every page that there is, with the parts of the server that it shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from scouter.alerting.channels.routing import Channels
from scouter.alerting.group_speech import say_goodbye
from scouter.alerting.trial import Trials
from scouter.answering import Behind
from scouter.archive.days import ArchivedDays
from scouter.archive.history import History
from scouter.archive.periods import ArchivePeriods
from scouter.checks.asked_checks import AskedChecks
from scouter.pages.admin.archive import ArchivePage
from scouter.pages.admin.messages import Messages
from scouter.pages.admin.quarantined_message import QuarantinedMessage
from scouter.pages.admin.server import ServerPage
from scouter.pages.admin.user import UserPage
from scouter.pages.admin.users import Users
from scouter.pages.alerts.acknowledging import Acknowledging
from scouter.pages.alerts.alert_link import AlertLink
from scouter.pages.alerts.alert_list import AlertList
from scouter.pages.alerts.alert_rows import AlertRows
from scouter.pages.checks.run import Run
from scouter.pages.checks.run_list import RunList
from scouter.pages.connect import Connect
from scouter.pages.feature.page import FeaturePage
from scouter.pages.overview import Overview
from scouter.pages.policies.policy import PolicyPage
from scouter.pages.problems.problem import ProblemPage
from scouter.pages.profile.charted_series import ChartedSeries
from scouter.pages.profile.document import ProfileDocument
from scouter.pages.profile.judgement import JudgementPage
from scouter.pages.profile.page import ProfilePage
from scouter.pages.profile.switch import ProfileSwitch
from scouter.pages.profile.trials import ProfileTrials
from scouter.pages.service import ServicePage
from scouter.pages.silences.new_silence import NewSilence
from scouter.pages.silences.silence_list import SilenceList
from scouter.pages.site.alert_count import AlertCount
from scouter.pages.site.frame import Frame
from scouter.pages.site.notices import Notices
from scouter.pages.site.outage import Outage
from scouter.pages.site.page import Section
from scouter.pages.site.preferences import Preferences
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.sign_in import SignIn
from scouter.pages.site.site import Site, SiteSettings
from scouter.pages.site.static_files import StaticFiles
from scouter.pages.site.visit import PREFIX
from scouter.profiles.chart_series import ChartSeries
from scouter.profiles.removal import ProfileRemoval
from scouter.profiles.sightings import Sightings
from scouter.settings.settings import Settings


def site(behind: Behind, settings: Settings, now: Callable[[], datetime]) -> Site:
    chosen = SiteSettings(settings.http.page_reads, settings.http.public_url)
    watch = behind.watch
    reads = QuickReads(behind.pool, lambda: watch.is_away)
    count = AlertCount(reads)
    frame = Frame(count.of, Notices(reads, behind.ingest, behind.health).for_admins)
    sections: list[Section] = [
        SignIn(behind.sessions),
        Preferences(),
        Connect(),
        *_of_profiles(behind, settings, reads, count, now),
        *_for_admins(behind, settings, reads, now),
    ]

    def outage() -> Outage:
        return Outage(watch.last_answer if watch.is_away else None, behind.ingest.waiting())

    return Site(sections, behind.sessions, frame, outage, chosen, now)


def _of_profiles(
    behind: Behind, settings: Settings, reads: QuickReads, count: AlertCount, now: Callable[[], datetime]
) -> list[Section]:
    sightings = Sightings()
    acknowledging, rows = Acknowledging(reads, count), AlertRows(sightings)
    return [
        Overview(reads),
        *_of_one_profile(behind, settings, reads, rows, acknowledging, count, now),
        AlertList(reads, rows, acknowledging),
        AlertLink(reads, acknowledging),
        ProblemPage(reads, sightings),
        SilenceList(reads),
        NewSilence(reads),
        PolicyPage(reads),
        RunList(reads),
        Run(reads, acknowledging),
        ServicePage(reads),
    ]


def _of_one_profile(
    behind: Behind,
    settings: Settings,
    reads: QuickReads,
    rows: AlertRows,
    acknowledging: Acknowledging,
    count: AlertCount,
    now: Callable[[], datetime],
) -> list[Section]:
    pool, core, ranked = behind.pool, behind.core, behind.ranked
    charted = ChartedSeries(ChartSeries(reads, History(reads, behind.reads)))
    grace = timedelta(seconds=settings.checks.window_grace_seconds)
    asked = AskedChecks(pool, settings.checks, settings.alerting, count.forget)
    trials = Trials(Channels(settings.alerting, settings.http.public_url), settings.alerting, now)
    switch = ProfileSwitch(reads, ProfileRemoval(pool, core.entities, core.features, say_goodbye))
    stylesheet = PREFIX + StaticFiles().address("page.css")
    return [
        ProfilePage(reads, ranked, rows, charted, acknowledging, switch, settings.alerting, grace),
        ProfileTrials(reads, asked, trials),
        ProfileDocument(reads),
        JudgementPage(reads),
        FeaturePage(reads, ranked, rows, charted, acknowledging, stylesheet),
    ]


def _for_admins(behind: Behind, settings: Settings, reads: QuickReads, now: Callable[[], datetime]) -> list[Section]:
    periods = ArchivePeriods.of(settings)
    days = ArchivedDays(reads, periods, behind.reads.store.name, now)
    return [
        ArchivePage(days, periods, behind.reads, behind.core.entities),
        Messages(reads, behind.books, behind.quarantine, behind.consumers, _brokers(settings)),
        QuarantinedMessage(reads, behind.quarantine),
        Users(behind.administration),
        UserPage(behind.administration),
        ServerPage(reads, behind.health, settings, now),
    ]


def _brokers(settings: Settings) -> list[str]:
    """What is configured."""
    named = (("Kafka", settings.kafka.brokers), ("RabbitMQ", settings.rabbitmq.address))
    return [name for name, where in named if where]
