"""A server with all its parts and something for each of them to do, so that a test can see whether it works."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from scouter.server import Server
from tests.alert_service import AlertService
from tests.conditions import eventually, probe
from tests.http_client import HttpClient
from tests.metrics_page import sample, samples_at
from tests.page_client import PageClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile
from tests.publishers import HttpPublisher, Publisher
from tests.raw_http import RawConnection

HOOK = "/hook"
BEAT = "/beat"
_PATIENCE_SECONDS = 20.0


class WholeServer:
    """Each `works` of a part waits until that part has done, from now on, what it is there for."""

    def __init__(self, server: Server, conninfo: str, service: AlertService, *brokers: Publisher) -> None:
        self.server = server
        self.parts: dict[str, Any] = {part.name: part for part in server.supervisor.parts}
        self._conninfo = conninfo
        self._database = psycopg.connect(conninfo, autocommit=True, options="-c search_path=scouter_py")
        self._service = service
        self.client = HttpClient(server.address).login()
        with PageClient(server.address) as browser:
            self._session = browser.sign_in().cookies
        self._sending = threading.Lock()
        self._values = (float(number) for number in itertools.count(100))
        self._publishers = {each.transport: each for each in (HttpPublisher(), *brokers)}
        for each in self._publishers.values():
            each.aim_at(server.address)
        self._checked = self._register(spc_profile(), active=True)
        self._swept, self._leased = self._register(custom_profile()), self._register(psi_profile())

    def close(self) -> None:
        self._database.close()
        self.client.close()

    def works(self) -> dict[str, Callable[[], None]]:
        """By the name of the thread that has to have a part in it."""
        consumers = {f"{each} 1": lambda each=each: self.stores(each) for each in self._publishers if each != "http"}
        return {
            **{"drainer": self.drains, "writer": lambda: self.stores("http"), **consumers},
            **{"http": lambda: self.answers("http"), "metrics": lambda: self.answers("metrics")},
            **self.bulkheads(),
            **{"check 1": self.checks, "check heartbeat": self.renews_leases, "late sweep": self.sweeps},
            "group clock": self.lets_groups_speak,
            **{"delivery 1": self.delivers, "maintenance": self.maintains, "archive": self.archives},
            **{"quarantine limits": self.limits_quarantine, "database watch": self.sees_the_database},
            **{"arrivals": self.notes_arrivals, "silence sweep": self.looks_for_silent_profiles},
            **{"heartbeat": self.is_heard, "clock": self.sets_times_back},
            "database deadlines": self.cuts_queries,
        }

    def bulkheads(self) -> dict[str, Callable[[], None]]:
        """Requests of each kind."""
        named = {"uid": self._checked, "time_interval": "OneHour", "max_data_points": 10}
        here, there = self.server.address, self.server.metrics_address
        return {
            "http messages": lambda: self.stores("http"),
            "http probes": lambda: self.answers("http"),
            "http rest": lambda: self.gets("/scouter/ledger"),
            "http logins": lambda: self.gets("/scouter/auth/login"),
            "http charts": lambda: self.gets("/scouter/drift/spc", **named),
            "http exports": lambda: self.gets("/scouter/records/spc", **named),
            "http dry runs": self.runs_dry,
            "http outside": self.sends_a_test,
            "http pages": self.looks,
            "http port": lambda: self.refuses(here),
            "metrics probes": lambda: self.answers("metrics"),
            "metrics rest": self.scrapes,
            "metrics port": lambda: self.refuses(there),
        }

    def requests(self) -> list[Callable[[], None]]:
        """One of each kind that stores nothing."""
        return [ask for name, ask in self.bulkheads().items() if name != "http messages"]

    def gets(self, path: str, **query: object) -> None:
        with HttpClient(self.server.address) as client:
            client.token = self.client.token
            self._eventually(lambda: client.get(path, **query).status == 200)  # while the breaker is open it is 503

    def sends_a_test(self) -> None:
        with HttpClient(self.server.address) as client:
            client.token = self.client.token
            self._eventually(lambda: client.post("/scouter/alerts/test", {"uid": self._checked}).status == 200)

    def runs_dry(self) -> None:
        asked = {"uid": self._checked, "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:10:00Z"}
        with HttpClient(self.server.address) as client:
            client.token = self.client.token
            self._eventually(lambda: client.post("/scouter/alerts/dry-run", asked).status == 200)

    def looks(self) -> None:
        """At the first page."""
        with PageClient(self.server.address) as browser:
            browser.cookies = self._session
            self._eventually(lambda: browser.get("/").status == 200)

    def scrapes(self) -> None:
        assert samples_at(self.server.metrics_address)

    def refuses(self, address: str) -> None:
        """What is no request."""
        with RawConnection(address) as connection:
            assert connection.ask(b"nonsense\r\n\r\n").status == 400

    def all_work(self) -> None:
        """At the same time."""
        works = self.works()
        with ThreadPoolExecutor(len(works), thread_name_prefix="works") as threads:
            for name, done in {name: threads.submit(work) for name, work in works.items()}.items():
                assert done.exception() is None, f"{name} does not work: {done.exception()!r}"

    def stores(self, transport: str) -> None:
        message = self.message()
        with self._sending:
            self._publishers[transport].send(json.dumps(message).encode())
        self._until("SELECT 1 FROM spc_record WHERE value = %s", message["records"][0]["Spc"]["value"])

    def message(self) -> dict[str, Any]:
        """Out of all bounds, and like no other."""
        record = {"created_at": stamp(), "uid": self._checked, "feature": "f0", "value": next(self._values)}
        return {"records": [{"Spc": record}]}

    def drains(self) -> None:
        breaker = self.parts["ingest"].breaker
        breaker.trip("a test")
        self.stores("http")
        self._eventually(lambda: not breaker.is_open)

    def answers(self, name: str) -> None:
        assert probe(self.server.address if name == "http" else self.server.metrics_address, "/livez").status == 200

    def checks(self) -> None:
        last = self._ask("SELECT coalesce(max(id), 0) FROM check_run WHERE NOT late")
        self._until("SELECT 1 FROM check_run WHERE NOT late AND id > %s", last)

    def renews_leases(self) -> None:
        token, held = uuid4(), self.parts["checks"]._held
        self._run("UPDATE profile SET lease_token = %s, lease_until = now() + interval '1 s'", token, of=self._leased)
        until = self._ask("SELECT lease_until FROM profile WHERE lease_token = %s", token)
        held.add(token)
        self._until("SELECT 1 FROM profile WHERE lease_token = %s AND lease_until > %s", token, until)
        held.discard(token)
        self._run("UPDATE profile SET lease_token = NULL, lease_until = NULL", of=self._leased)

    def sweeps(self) -> None:
        ours = "entity_id = (SELECT id FROM entity WHERE uid = %s)"
        self._database.execute(
            "INSERT INTO late_arrival (entity_id, first_created_at, last_created_at, stored_at) "
            "SELECT id, now(), now(), now() - interval '1 hour' FROM entity WHERE uid = %s",
            [self._swept],
        )
        self._until(f"SELECT 1 WHERE NOT EXISTS (SELECT FROM late_arrival WHERE {ours})", self._swept)

    def delivers(self) -> None:
        """What a check finds in records that are out of all bounds."""
        before = len(self._service.requests(HOOK))
        self.stores("http")
        self._service.wait_for(HOOK, before + 1, seconds=_PATIENCE_SECONDS)

    def maintains(self) -> None:
        self._until_later("scouter_maintenance_success_timestamp_seconds")

    def archives(self) -> None:
        self._until_later("scouter_archive_last_pass_seconds")

    def limits_quarantine(self) -> None:
        self._database.execute(
            "INSERT INTO quarantine (id, received_at, quarantined_at, transport, reason, detail, username, size, raw) "
            "SELECT gen_random_uuid(), old, old, 'http', 'undecodable', '', 'u', 1, '' "
            "FROM (VALUES (now() - interval '9000 days')) AS ages (old)"
        )
        self._until("SELECT 1 WHERE NOT EXISTS (SELECT FROM quarantine)")

    def sets_times_back(self) -> None:
        """As after a clock that was ahead."""
        self._until("SELECT 1 FROM clock")
        self._database.execute("UPDATE clock SET was_ahead_by = '1 day'")
        self._until("SELECT 1 FROM clock WHERE was_ahead_by IS NULL")

    def notes_arrivals(self) -> None:
        now = self._ask("SELECT clock_timestamp()")
        self.stores("http")
        self._until("SELECT 1 FROM profile_activity WHERE moved_at > %s", now)

    def looks_for_silent_profiles(self) -> None:
        now = self._ask("SELECT clock_timestamp()")
        self._until("SELECT 1 FROM reception WHERE looked_at > %s", now)

    def is_heard(self) -> None:
        """By a service outside that expects to hear of it."""
        before = len(self._service.requests(BEAT))
        self._service.wait_for(BEAT, before + 1, seconds=_PATIENCE_SECONDS)

    def lets_groups_speak(self) -> None:
        """One that has nothing to say."""
        self._database.execute(
            "INSERT INTO message_group (key, space, channel, destination, notify_at) "
            "VALUES ('k', 's', 'console', '{}', now()) ON CONFLICT (key) DO UPDATE SET notify_at = now()"
        )
        self._until("SELECT 1 FROM message_group WHERE key = 'k' AND notify_at IS NULL")

    def sees_the_database(self) -> None:
        watch, now = self.parts["database watch"], time.monotonic()
        self._eventually(lambda: bool(watch._answered_at > now and not watch.is_away))
        assert probe(self.server.address).body["parts"]["database"] == {"ok": True, "says": "answers"}

    def cuts_queries(self) -> None:
        began, deadlines = time.monotonic(), self.parts["database deadlines"].deadlines
        with (
            psycopg.connect(self._conninfo) as connection,
            pytest.raises(psycopg.OperationalError),
            deadlines.limit(connection, 0.2),
        ):
            connection.execute("SELECT pg_sleep(10)")
        assert time.monotonic() - began < 5

    def is_well(self) -> bool:
        return all(part["ok"] for part in probe(self.server.address).body["parts"].values())

    def _register(self, profile: dict[str, Any], *, active: bool = False) -> str:
        profile["config"]["alert_config"]["schedule"] = "* * * * * *"
        return str(self.client.post("/scouter/profile", registration(profile, active=active)).body["uid"])

    def _run(self, statement: str, *values: Any, of: str) -> None:
        whose = " WHERE entity_id = (SELECT id FROM entity WHERE uid = %s)"
        self._database.execute((statement + whose).encode(), [*values, of])

    def _ask(self, statement: str, *values: Any) -> Any:
        row = self._database.execute(statement.encode(), values).fetchone()
        return row[0] if row else None

    def _until(self, statement: str, *values: Any) -> None:
        self._eventually(lambda: self._ask(statement, *values) is not None)

    def _until_later(self, metric: str) -> None:
        now = time.time()
        self._eventually(lambda: sample(samples_at(self.server.metrics_address), metric) > now)

    def _eventually(self, question: Callable[[], bool]) -> None:
        eventually(question, seconds=_PATIENCE_SECONDS)


def stamp() -> str:
    return datetime.now(UTC).isoformat()
