"""Delivery: alerts go from the outbox to their channels, at least once.

A try is claimed under a lease, made without any transaction, and recorded. A server that is killed in between leaves
a claim that lapses, and another try is made; that, and an answer that got lost, are the only ways to hear of something
twice.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from psycopg_pool import PoolClosed

from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Refused, Retry
from scouter.alerting.channels.routing import Channels
from scouter.alerting.retry_policy import Again, GiveUp, RetryPolicy
from scouter.alerting.worker_shares import WorkerShares
from scouter.metrics import ALERTS_DELIVERED, ALERTS_GIVEN_UP, DELIVERY_FAILURES
from scouter.postgres.connections.backend_sessions import database_time
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.settled_time import settled_time
from scouter.postgres.statements import Connection
from scouter.postgres.tables.deliveries import (
    ClaimedDelivery,
    claim_delivery,
    record_delivered,
    record_given_up,
    record_retry,
)
from scouter.runtime.part import ThreadPart
from scouter.runtime.worker_thread import WorkerThread
from scouter.settings.alerting import AlertingSettings

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 0.5
_PAUSE_AFTER_FAILURE_SECONDS = 2.0
Recorded = TypeVar("Recorded")


def policy_of(settings: AlertingSettings) -> RetryPolicy:
    return RetryPolicy(settings.attempts, timedelta(hours=settings.max_age_hours))


def lease_of(settings: AlertingSettings) -> timedelta:
    """Longer than any try: a name with several addresses may take its timeout to connect to each."""
    return timedelta(seconds=20 + 3 * settings.timeout_seconds)


class Deliverer(ThreadPart):
    """Owns the threads `delivery 1`, `delivery 2`, and so on.

    One of them at a time looks for something due, the others send or wait for their turn to look: an idle server asks
    Postgres twice a second, however many workers it has. No connection is held while something is sent.
    """

    def __init__(
        self,
        connections: ConnectionSource,
        channels: Channels,
        policy: RetryPolicy,
        *,
        workers: int,
        lease: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._channels = channels
        self._policy = policy
        self._lease = lease
        self._now = now
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._shares = WorkerShares(workers)
        self._turn = threading.Lock()
        self._something_new = threading.Event()
        # A claim that failed lapses, and is made again.
        threads = [
            WorkerThread(f"delivery {number + 1}", self._work, retry_seconds=_PAUSE_AFTER_FAILURE_SECONDS)
            for number in range(workers)
        ]
        self._stopping = threading.Event()
        super().__init__("delivery", threads)

    def wake(self) -> None:
        """Look at once: something was committed to the outbox."""
        self._something_new.set()

    def request_stop(self) -> None:
        """Finish the tries in hand. Those that have to be abandoned are made again, by whoever looks next."""
        super().request_stop()
        self._stopping.set()
        self._something_new.set()

    def join(self, deadline: float) -> bool:
        if super().join(deadline):
            return True
        abandoned = sum(thread.alive for thread in self._threads)
        log.error("abandoned %d tries to deliver alerts; they are made again after %s", abandoned, self._lease)
        return False

    def _work(self) -> float:
        claimed = self._next()
        if claimed is not None:
            try:
                self._deliver(claimed)
            finally:
                self._shares.leave(claimed.channel)
                self._something_new.set()  # for this channel there is a worker again
        return 0.0

    def _next(self) -> ClaimedDelivery | None:
        """Wait for something due. None: stopping."""
        with self._turn:
            while not self._stopping.is_set():
                claimed, pause = self._look()
                if claimed is not None:
                    self._shares.occupy(claimed.channel)
                    return claimed
                self._something_new.wait(pause)
                self._something_new.clear()
        return None

    def _look(self) -> tuple[ClaimedDelivery | None, float]:
        """Something due, if there is, and how long to wait otherwise."""
        try:
            return self._claim(), _LOOK_EVERY_SECONDS
        except PoolClosed:
            self.request_stop()
        except AWAY as problem:
            log.warning("alerts wait for the database: %s", problem)
        self._stopping.wait(_PAUSE_AFTER_FAILURE_SECONDS)
        return None, 0.0

    def _claim(self) -> ClaimedDelivery | None:
        channels = self._shares.open()
        with self._connections.connection() as connection:
            now = database_time(connection)  # by which all servers agree on what is due, and on who has it
            return claim_delivery(connection, channels, now=now, claimed_by=self._name, claim_until=now + self._lease)

    def _deliver(self, claimed: ClaimedDelivery) -> None:
        outcome = self._send(claimed)
        if isinstance(outcome, Delivered):
            self._delivered(claimed, outcome)
        else:
            DELIVERY_FAILURES.labels(claimed.channel.value).inc()
            self._failed(claimed, outcome)

    def _send(self, claimed: ClaimedDelivery) -> DeliveryOutcome:
        try:
            return self._channels.send(claimed.destination, claimed.message, self._now())
        except Exception as bug:  # noqa: BLE001  # the thread must outlive any bug; its text may quote a secret
            where = "".join(traceback.format_tb(bug.__traceback__))
            log.error("sending failed in an unforeseen way: %s\n%s", type(bug).__name__, where)
            return Retry(f"the server failed in an unforeseen way: {type(bug).__name__}")

    def _delivered(self, claimed: ClaimedDelivery, outcome: Delivered) -> None:
        def record(connection: Connection) -> bool:
            receipt, remote = outcome.receipt, outcome.remote
            return record_delivered(connection, claimed.id, receipt=receipt, remote=remote, now=self._now())

        if self._record(record):
            ALERTS_DELIVERED.labels(claimed.channel.value).inc()
        log.info("delivery %d: %s", claimed.id, outcome.receipt)

    def _failed(self, claimed: ClaimedDelivery, outcome: Retry | Refused) -> None:
        def record(connection: Connection) -> Callable[[], None] | None:
            now = database_time(connection)  # the clock may have been set since the claim
            step = self._step(claimed, outcome, now, settled_time(connection, now))
            if isinstance(step, Again):
                record_retry(connection, claimed, error=outcome.reason, next_attempt_at=step.at)
                return partial(_say_again, claimed, outcome, step)
            if record_given_up(connection, claimed, error=step.reason):
                return partial(_say_given_up, claimed, step)
            return None

        said = self._record(record)
        if said:
            said()

    def _step(
        self, claimed: ClaimedDelivery, outcome: Retry | Refused, now: datetime, settled: datetime
    ) -> Again | GiveUp:
        return self._policy.after(
            outcome,
            attempts=claimed.attempts,
            created_at=claimed.created_at,
            now=now,
            settled=settled,
            jitter=random.random(),  # noqa: S311  # no secret
        )

    def _record(self, record: Callable[[Connection], Recorded]) -> Recorded | None:
        """Write down what happened, or it would happen again. None: a stop came between."""
        while True:
            try:
                with self._connections.connection() as connection:
                    return record(connection)
            except PoolClosed:
                return None
            except AWAY as problem:
                log.warning("what became of an alert waits for the database: %s", problem)
            if self._stopping.wait(_PAUSE_AFTER_FAILURE_SECONDS):
                return None


def _say_again(claimed: ClaimedDelivery, outcome: Retry | Refused, step: Again) -> None:
    log.warning(
        "delivery %d by %s failed (try %d): %s; next at %s",
        *(claimed.id, claimed.channel, claimed.attempts, outcome.reason, step.at.isoformat(timespec="seconds")),
    )


def _say_given_up(claimed: ClaimedDelivery, step: GiveUp) -> None:
    ALERTS_GIVEN_UP.labels(claimed.channel.value).inc()
    log.error("gave up delivery %d by %s: %s", claimed.id, claimed.channel, step.reason)
