"""Filling a server with the company's thirty days, in the order in which they would have happened."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from scouter.answering import Behind
from scouter.auth.permissions import Caller
from scouter.checks.asked_checks import AskedChecks
from scouter.demonstration.aftermath import acknowledge_past, hire, silence_some
from scouter.demonstration.checking import check, past_checks
from scouter.demonstration.company import CHURN, COMPANY, ROUTES, SERVICE_DAYS
from scouter.demonstration.mistakes import mistakes
from scouter.demonstration.models import DAYS, Model, Watched
from scouter.demonstration.records import records
from scouter.demonstration.registrations import bring_up_to_now, registered
from scouter.demonstration.request_metrics import request_metrics
from scouter.demonstration.senders import Senders
from scouter.demonstration.tags import tags
from scouter.errors import Unavailable
from scouter.postgres.schema.partitions import RECORD_TABLES, Partitions
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.past_times import (
    pending_deliveries,
    set_back_deliveries,
    set_back_problems,
    set_back_runs,
)
from scouter.runtime.progress import progress

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.1
_SERVICES = Caller("services", frozenset({"read:all", "write:all"}), frozenset())


@dataclass(frozen=True, slots=True)
class Filled:
    """What there is to see."""

    profiles: int
    records: int
    checks: int


class Filling:
    """Of one server, which has just started on an empty database. Called from the main thread, for its bar."""

    def __init__(self, behind: Behind, asked: AskedChecks) -> None:
        self._behind = behind
        self._asked = asked
        self._senders = Senders(behind.ingest, _SERVICES)

    def fill(self, now: datetime) -> Filled:
        """Raises `Unavailable` when the machine is too slow for it."""
        self._make_partitions(now)
        registered = self._register(now)
        self._send(registered, now)
        checks = self._check(registered, now)
        self._finish(registered, now)
        return Filled(len(registered), self._senders.records, checks)

    def _make_partitions(self, now: datetime) -> None:
        today = now.date()
        days = [today - timedelta(days=number) for number in range(DAYS + 1)]
        Partitions(self._behind.pool).ensure((table, day) for table in RECORD_TABLES for day in days)

    def _register(self, now: datetime) -> dict[Model, Entity]:
        with self._behind.pool.connection() as connection:
            return {model: registered(connection, model, now) for model in COMPANY}

    def _send(self, entities: Mapping[Model, Entity], now: datetime) -> None:
        with progress(log, "sending thirty days of records", total=len(entities), unit="profiles") as step:
            for model, entity in entities.items():
                step.detail = model.shown
                self._senders.send(chain(records(model, entity.uid, now), tags(model, entity.uid, now)))
                step.advance()
        self._senders.send(request_metrics(entities[CHURN].uid, ROUTES, SERVICE_DAYS, now))
        self._senders.send_mistakes(mistakes(now))
        self._senders.wait_for_spool()

    def _check(self, entities: Mapping[Model, Entity], now: datetime) -> int:
        checks = past_checks([(model, entity.id) for model, entity in entities.items()], now)
        with progress(log, "checking their windows", total=len(checks), unit="windows") as step:
            check(self._asked, checks, step)
        return len(checks)

    def _finish(self, entities: Mapping[Model, Entity], now: datetime) -> None:
        self._wait_for_deliveries()
        with self._behind.pool.connection() as connection:
            set_back_runs(connection)
            set_back_deliveries(connection)
            set_back_problems(connection)
            uids: dict[Watched, str] = {model: entity.uid for model, entity in entities.items()}
            people = hire(connection)
            acknowledge_past(connection, people, uids, now)
            for model, entity in entities.items():
                bring_up_to_now(connection, model, entity, now)
            silence_some(connection, people, now)

    def _wait_for_deliveries(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._pending():
            if time.monotonic() > deadline:
                raise Unavailable("the alerts of the demonstration are not delivered in time")
            time.sleep(_LOOK_EVERY_SECONDS)

    def _pending(self) -> int:
        with self._behind.pool.connection() as connection:
            return pending_deliveries(connection)
