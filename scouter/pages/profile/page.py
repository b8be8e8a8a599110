"""The page of one profile: what is wrong with this model?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from scouter.drift.windows import ChartWindow
from scouter.errors import NotFound
from scouter.pages.alerts.acknowledging import Acknowledging, Undo, undo_of
from scouter.pages.alerts.alert_rows import AcknowledgedRow, AlertRows, OpenRow
from scouter.pages.charts.frame import SMALL
from scouter.pages.profile.charted_series import ChartedSeries
from scouter.pages.profile.checks import MOST_NAMED, plan_of, run_rows
from scouter.pages.profile.feature_charts import legend, narrowest
from scouter.pages.profile.features import Shown as ShownFeatures
from scouter.pages.profile.features import range_links
from scouter.pages.profile.query import ProfileQuery
from scouter.pages.profile.stated import StatedProfile
from scouter.pages.profile.switch import ProfileSwitch
from scouter.pages.profile.verdict import MOST_COUNTED, Standing, verdict_of
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_profile, writable_profile
from scouter.pages.site.visit import Answer, Shown, Visit
from scouter.pages.text.time_ranges import TimeRange, field_text
from scouter.pages.text.times import to_the_minute
from scouter.pages.wording.channels import delivery_in_words
from scouter.pages.wording.outcomes import kind_in_words
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_windows import AlertingFeatures, AlertWindow, alert_windows, alerting_features
from scouter.postgres.tables.checks import waiting_check
from scouter.postgres.tables.deliveries import Delivery, DeliveryFilter, delivery_page
from scouter.postgres.tables.entities import SERVICE, Entity, EntityName, entity_by_name
from scouter.postgres.tables.first_records import FirstRecords, first_records
from scouter.postgres.tables.open_alerts import AlertFilter
from scouter.postgres.tables.profiles import document_of
from scouter.profiles.baselines import Baseline, baselines
from scouter.profiles.open_alerts import acknowledged_alerts, open_alerts
from scouter.profiles.ranked_features import FeatureFilter, RankedFeatures
from scouter.profiles.runs import run_summaries
from scouter.profiles.states import profile_state
from scouter.profiles.waiting_run import waiting_run
from scouter.settings.alerting import AlertingSettings
from scouter.wire.deliveries import DeliveryState
from scouter.wire.profile_features import FeaturesPage
from scouter.wire.profile_states import ProfileStateItem
from scouter.wire.runs import RunSummary

_RUNS = 6
_ALERTS = 20
_SHOWN_ALERTS = 5  # before the rest is folded away
_ACKNOWLEDGED = 3


@dataclass(frozen=True, slots=True)
class Read:
    """All that the page says, but for the series of its charts: as of one transaction."""

    entity: Entity
    item: ProfileStateItem
    stated: StatedProfile
    total: int
    features: FeaturesPage
    baselines: dict[str, Baseline]
    windows: Sequence[AlertWindow]
    alerts: Sequence[OpenRow]
    next_alerts: int | None
    acknowledged: Sequence[AcknowledgedRow]
    undo: Undo | None
    runs: Sequence[RunSummary]
    alerting: Sequence[AlertingFeatures]
    delivery: Delivery | None
    waiting: str | None
    first: FirstRecords | None
    has_service: bool


class ProfilePage:
    def __init__(
        self,
        reads: QuickReads,
        ranked: RankedFeatures,
        rows: AlertRows,
        charted: ChartedSeries,
        acknowledging: Acknowledging,
        switch: ProfileSwitch,
        alerting: AlertingSettings,
        grace: timedelta,
    ) -> None:
        self._reads = reads
        self._ranked = ranked
        self._rows = rows
        self._charted = charted
        self._acknowledging = acknowledging
        self._switch = switch
        self._alerting = alerting
        self._grace = grace

    def pages(self) -> list[Page]:
        profile = Page(
            "/profile",
            self.show,
            actions={**self._acknowledging.actions(_back), **self._switch.actions()},
            query=ProfileQuery,
            acts_in="rest",
            summary="One profile: its open alerts and why, its checks, its features with charts.",
        )
        return [profile, *self._switch.pages()]

    def show(self, visit: Visit) -> Answer:
        query: ProfileQuery = visit.query
        if query.ask is not None:
            return self._ask(query, visit)
        chosen = query.range(visit)
        with self._reads.connection() as connection:
            entity = readable_profile(connection, visit.caller, query.uid)
            read = self._read(connection, entity, chosen, visit)
        return Shown("profile.html", self._values(read, query, chosen, visit))

    def _ask(self, query: ProfileQuery, visit: Visit) -> Answer:
        """Once more, before something ends."""
        with self._reads.connection() as connection:
            entity = writable_profile(connection, visit.caller, query.uid)
            item = profile_state(connection, entity.id)
        values = {**_named(entity), "item": item, "back": addresses.profile(entity.uid)}
        return Shown(f"profile_ask_{query.ask}.html", values, seconds=0)

    def _read(self, connection: Connection, entity: Entity, chosen: TimeRange, visit: Visit) -> Read:
        query: ProfileQuery = visit.query
        item, document = profile_state(connection, entity.id), document_of(connection, entity.id)
        if item is None or document is None:
            raise NotFound("the profile is gone")
        wanted = FeatureFilter(query.outside, query.feature)
        features = self._ranked.page(connection, entity, wanted, cursor=query.after, limit=query.limit)
        names = [each.name for each in features.items]
        mine = AlertFilter(None, entity.id)
        groups = open_alerts(connection, mine, cursor=query.alerts, limit=_ALERTS)
        ended = acknowledged_alerts(connection, mine, limit=_ACKNOWLEDGED)
        runs = run_summaries(connection, entity.id, limit=_RUNS).items
        return Read(
            entity=entity,
            item=item,
            stated=StatedProfile.of(document),
            total=self._ranked.page(connection, entity, limit=1).total,
            features=features,
            baselines=dict(baselines(entity.drift_type, document, names)),
            windows=alert_windows(connection, entity.id, names, chosen.start, chosen.end),
            alerts=self._rows.open(connection, groups.items, visit),
            next_alerts=groups.next_cursor,
            acknowledged=self._rows.acknowledged(connection, ended.items, visit),
            undo=undo_of(connection, visit.caller, query.acknowledged),
            runs=runs,
            alerting=alerting_features(connection, [run.id for run in runs], maximum=MOST_NAMED),
            delivery=next(iter(_newest_delivery(connection, entity)), None),
            waiting=self._waiting(connection, entity),
            first=_first(connection, entity, item),
            has_service=entity_by_name(connection, _service_of(entity)) is not None,
        )

    def _waiting(self, connection: Connection, entity: Entity) -> str | None:
        waiting = waiting_check(connection, entity.id, self._grace)
        return waiting_run(waiting).state if waiting else None

    def _values(self, read: Read, query: ProfileQuery, chosen: TimeRange, visit: Visit) -> dict[str, Any]:
        window = chosen.bins(SMALL, narrowest(read.item, chosen.end - chosen.start))
        return {
            **_named(read.entity),
            "query": query,
            "item": read.item,
            "kind": kind_in_words(read.entity.drift_type),
            "things": "Metrics" if read.entity.drift_type == "Custom" else "Features",
            "sample_size": read.stated.config.sample_size if read.entity.drift_type == "Spc" else None,
            "may_write": visit.caller.may("write", read.entity.space),
            "verdict": verdict_of(_standing(read), visit),
            "here": query.address(),
            "until": visit.now.isoformat(),
            **_alert_values(read, query),
            "plan": plan_of(read.item, read.stated, self._alerting, visit),
            "last_sent": _sent(read.delivery, visit),
            "runs": run_rows(read.runs, read.alerting, visit),
            "all_runs": addresses.checks(read.entity.uid),
            "document": addresses.document(read.entity.uid),
            "service": _service_address(read.entity) if read.has_service else None,
            **self._feature_values(read, query, chosen, window, visit),
        }

    def _feature_values(
        self, read: Read, query: ProfileQuery, chosen: TimeRange, window: ChartWindow, visit: Visit
    ) -> dict[str, Any]:
        names = [each.name for each in read.features.items]
        charted = self._charted.of(read.entity, window, names, archive=query.archive)
        shown = ShownFeatures(read.entity.drift_type, charted, read.baselines, read.windows, window.width, chosen)
        zone, after = visit.reader.zone_info, read.features.next_cursor
        return {
            "figures": shown.figures(read.features.items, query, visit),
            "total": read.total,
            "matching": read.features.total,
            "charted": charted,
            "ranges": range_links(query, chosen),
            "chosen": chosen,
            "fields": {"from": field_text(chosen.start, zone), "to": field_text(chosen.end, zone)},
            "legend": legend(read.entity.drift_type, window.width),
            "next_page": query.address(after=after) + "#features" if after else None,
            "first_page": query.address() + "#features" if query.after else None,
            "all_features": query.address(feature=None, outside=None) + "#features",
            "without_archive": query.address(archive="0") + "#features",
            "with_archive": query.address(archive=None) + "#features",
        }


def _named(entity: Entity) -> dict[str, Any]:
    return {"entity": entity, "crumbs": crumbs(entity)}


def crumbs(entity: Entity) -> list[tuple[str, str]]:
    """The way from the first page to that profile."""
    return [("Profiles", "/"), (entity.space, addresses.address("/", {"space": entity.space}))]


def _back(visit: Visit) -> str:
    query: ProfileQuery = visit.query
    return query.address() + "#why"


def _alert_values(read: Read, query: ProfileQuery) -> dict[str, Any]:
    """`still`: what the last check with records saw, too; `past`: what it did not."""
    return {
        "still": [each for each in read.alerts if each.still],
        "past": [each for each in read.alerts if not each.still],
        "past_ids": ",".join(str(each.row.id) for each in read.alerts if not each.still),
        "most_alerts": _SHOWN_ALERTS,
        "acknowledged": read.acknowledged,
        "all_acknowledged": addresses.alerts(profile=query.uid, state="acknowledged"),
        "undo": read.undo,
        "more_alerts": query.address(alerts=read.next_alerts) + "#why" if read.next_alerts else None,
        "first_alerts": query.address() + "#why" if query.alerts else None,
    }


def _newest_delivery(connection: Connection, entity: Entity) -> list[Delivery]:
    return delivery_page(connection, DeliveryFilter(entity_id=entity.id), below_id=None, maximum=1)


def _sent(delivery: Delivery | None, visit: Visit) -> str:
    """What became of the last message; empty where there was none."""
    if delivery is None:
        return ""
    when = delivery.delivered_at or delivery.next_attempt_at
    text = to_the_minute(when, visit.now, visit.reader.zone_info).text
    return delivery_in_words(delivery.channel, DeliveryState(delivery.state), delivery.attempts, text)


def _service_of(entity: Entity) -> EntityName:
    return EntityName(entity.space, entity.name, entity.version, SERVICE)


def _service_address(entity: Entity) -> str:
    return addresses.address("/service", {"space": entity.space, "name": entity.name, "version": entity.version})


def _first(connection: Connection, entity: Entity, item: ProfileStateItem) -> FirstRecords | None:
    """Asked only of a profile that was not checked yet."""
    if item.state != "new":
        return None
    return first_records(connection, entity.id, entity.drift_type, item.previous_run, maximum=MOST_COUNTED + 1)


def _standing(read: Read) -> Standing:
    failed = next((run.error for run in read.runs if run.outcome == "failed"), None)
    return Standing(
        item=read.item,
        total=read.total,
        error=failed if read.item.state == "failed" else None,
        waiting=read.waiting,
        first=read.first,
    )
