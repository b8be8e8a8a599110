"""Where the link of a message leads, for ever: to the check that raised the alert, or to the alert alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from msgspec import Struct

from scouter.pages.alerts.acknowledging import Acknowledging, undo_of
from scouter.pages.alerts.alert_rows import rule_counts
from scouter.pages.alerts.told import told
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_alert
from scouter.pages.site.visit import Answer, Moved, Shown, Visit
from scouter.pages.text.times import to_the_minute
from scouter.pages.wording.alerts import alert_sentence
from scouter.pages.wording.outcomes import kind_in_words
from scouter.postgres.tables.alert_context import deliveries_of_alerts, spc_rules
from scouter.wire.messages import Timestamp
from scouter.wire.open_alerts import AlertDetail


class AlertLinkQuery(Struct, frozen=True):
    acknowledged: Timestamp | None = None


class AlertLink:
    def __init__(self, reads: QuickReads, acknowledging: Acknowledging) -> None:
        self._reads = reads
        self._acknowledging = acknowledging

    def pages(self) -> list[Page]:
        actions = self._acknowledging.actions(lambda visit: f"/alerts/{quote(visit.parts['id'], safe='')}")
        summary = "Leads to the check that raised the alert; shows the alert alone when that has expired."
        return [Page("/alerts/{id}", self.show, actions, query=AlertLinkQuery, summary=summary)]

    def show(self, visit: Visit) -> Answer:
        with self._reads.connection() as connection:
            alert = readable_alert(connection, visit.caller, visit.parts["id"])
            if alert.run_id is not None:
                return Moved(addresses.check(alert.run_id, alert.id))
            counts = rule_counts(spc_rules(connection, [alert.uid])).get(alert.uid)
            sent = told(deliveries_of_alerts(connection, [alert.id]), visit)
            undo = undo_of(connection, visit.caller, visit.query.acknowledged)
        values = {"sentence": alert_sentence(alert.alert, None, counts), "told": sent, "undo": undo}
        return Shown("alert.html", {**values, **_values(alert, visit)})


def _values(alert: AlertDetail, visit: Visit) -> dict[str, Any]:
    now, zone = visit.now, visit.reader.zone_info
    return {
        "alert": alert,
        "kind": kind_in_words(alert.drift_type.value),
        "at": to_the_minute(alert.created_at, now, zone),
        "acknowledged_at": alert.acknowledged_at and to_the_minute(alert.acknowledged_at, now, zone),
        "may_write": visit.caller.may("write", alert.space),
        "of_profile": addresses.profile(alert.uid),
        "of_feature": addresses.feature(alert.uid, alert.feature),
        "checks": addresses.checks(alert.uid),
    }
