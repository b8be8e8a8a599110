"""Which names are stored: those of the profile always, so many others beside them, and who gives way to whom."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scouter.errors import DatabaseAway
from scouter.ingest.pipeline import IngestPipeline
from scouter.postgres.connections.pool import Pool
from scouter.postgres.statements import Statement
from scouter.postgres.tables.entities import entity_by_key
from scouter.postgres.tables.features import Features
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.test_transports import stamp
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

LIMIT = 5
KINDS = ("Spc", "Psi", "Custom")


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings_for(database, tmp_path, SCOUTER_MAX_FEATURES=str(LIMIT)))
    running.start()
    yield running
    running.stop()


def documents(features: int) -> dict[str, dict[str, Any]]:
    """A profile of each kind that names f0, f1 and so on."""
    names = [f"f{n}" for n in range(features)]
    spc, psi, custom = spc_profile(features=features), psi_profile(), custom_profile()
    one = psi["features"]["f0"]
    psi["features"] = {name: {**one, "id": name} for name in names}
    custom["metrics"] = dict.fromkeys(names, 1.0)
    custom["config"]["alert_config"]["alert_conditions"] = {}
    return {"Spc": spc, "Psi": psi, "Custom": custom}


def register(admin: HttpClient, features: int = 2) -> dict[str, str]:
    made = {kind: admin.post("/scouter/profile", registration(each)) for kind, each in documents(features).items()}
    return {kind: reply.body["uid"] for kind, reply in made.items()}


def send(admin: HttpClient, kind: str, names: list[str], **whose: str) -> tuple[int, dict[str, int]]:
    """How many records of these names are stored, and what is skipped."""
    value = {"bin_id": 1, "bin_count": 1} if kind == "Psi" else {"value": 1.0}
    name_of = "metric" if kind == "Custom" else "feature"
    records = [{kind: {"created_at": stamp(), **whose, name_of: name, **value}} for name in names]
    body = admin.post("/scouter/message", {"records": records}).body
    return body["stored"], body["skipped"]


def noise(count: int = LIMIT + 2) -> list[str]:
    """Names that no profile knows, and that come before those which it does."""
    return [f"a{n}" for n in range(count)]


BEYOND = (LIMIT, {"too_many_features": 2})


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_the_profile_are_stored_however_many_others_came_before(admin: HttpClient, kind: str) -> None:
    uid = register(admin)[kind]
    assert send(admin, kind, noise(), uid=uid) == BEYOND
    assert send(admin, kind, ["f0", "f1"], uid=uid) == (2, {})
    legacy = {"space": "s", "name": "m", "version": "0.1.0"}
    assert send(admin, kind, ["f0", "b", "f1", "a0"], **legacy) == (3, {"too_many_features": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_of_many_names_is_stored_whole_and_leaves_room_for_others(admin: HttpClient, kind: str) -> None:
    uid = register(admin, features=4 * LIMIT)[kind]
    assert send(admin, kind, [f"f{n}" for n in range(4 * LIMIT)], uid=uid) == (4 * LIMIT, {})
    assert send(admin, kind, noise(), uid=uid) == BEYOND


@pytest.mark.parametrize("again", ["replaced", "registered"])
def test_names_of_a_newer_document_are_stored_at_once(admin: HttpClient, again: str) -> None:
    """`f2` was refused a moment ago; `f0` is named no more, and counts from now on."""
    profile = spc_profile()
    uid = admin.post("/scouter/profile", registration(profile, legacy=True)).body["uid"]
    assert send(admin, "Spc", ["f0", "f1"], uid=uid) == (2, {})
    assert send(admin, "Spc", [*noise(), "f2"], uid=uid) == (LIMIT, {"too_many_features": 3})
    newer = spc_profile(features=3)
    del newer["features"]["f0"]
    newer["config"]["alert_config"]["features_to_monitor"] = ["f1", "f2"]
    newer["config"]["uid"] = uid
    if again == "registered":
        assert admin.post("/scouter/profile", registration(newer, legacy=True)).body["uid"] == uid
    else:
        body = {"space": "s", "drift_type": "Spc", "profile": json.dumps(newer)}
        assert admin.put("/scouter/profile", body).status == 200
    assert send(admin, "Spc", ["f1", "f2"], uid=uid) == (2, {})
    assert send(admin, "Spc", ["f0", "a0", "b"], uid=uid) == (2, {"too_many_features": 1}), "what is there is taken"


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_nobody_uses_gives_way_and_may_come_back(
    admin: HttpClient, server: Server, database: str, kind: str
) -> None:
    uid = register(admin)[kind]
    send(admin, kind, ["f0"], uid=uid)
    assert send(admin, kind, noise(LIMIT), uid=uid) == (LIMIT, {})
    run(database, "UPDATE feature SET used_on = current_date - 29 WHERE name <> 'a0'")
    run(database, "UPDATE feature SET used_on = current_date - 31 WHERE name IN ('a0', 'f0')")
    as_a_server_that_has_just_started(server)
    assert send(admin, kind, ["b", "c", "f0", "a1"], uid=uid) == (3, {"too_many_features": 1})
    assert send(admin, kind, ["a0"], uid=uid) == (0, {"too_many_features": 1}), "b has its place"
    run(database, "UPDATE feature SET used_on = current_date - 31 WHERE name = 'b'")
    as_a_server_that_has_just_started(server)
    assert send(admin, kind, ["a0"], uid=uid) == (1, {})
    assert run(database, "SELECT name FROM feature WHERE used_on = current_date AND name LIKE 'a%' ORDER BY 1") == [
        ("a0",),
        ("a1",),
    ]


def test_the_use_of_a_name_is_noted_once_a_day(admin: HttpClient, server: Server, database: str) -> None:
    uid = register(admin)["Spc"]
    send(admin, "Spc", ["f0", "a", "b"], uid=uid)
    run(database, "UPDATE feature SET used_on = current_date - 20")
    as_a_server_that_has_just_started(server)
    with statements() as asked:
        for _ in range(3):
            send(admin, "Spc", ["f0", "a"], uid=uid)
    assert asked.count("use_features") == 1
    days = run(database, "SELECT name, current_date - used_on FROM feature ORDER BY name")
    assert days == [("a", 0), ("b", 20), ("f0", 20)], "what the document names does not age"


def test_nobody_is_asked_for_every_message_with_a_refused_name(admin: HttpClient) -> None:
    uid = register(admin)["Spc"]
    send(admin, "Spc", noise(), uid=uid)
    with statements() as asked:
        for _ in range(5):
            assert send(admin, "Spc", ["a0", f"a{LIMIT}", f"a{LIMIT + 1}", "f0"], uid=uid)[0] == (2)
    assert asked.count("names_of_entity") <= 1 + 2, "once for f0, which is new"


def test_many_senders_at_once_do_not_pass_the_limit(admin: HttpClient, server: Server, database: str) -> None:
    uid = register(admin)["Spc"]

    def one(number: int) -> None:
        client = HttpClient(server.address).login()
        send(client, "Spc", [f"n{number}-{n}" for n in range(3)] + ["f0"], uid=uid)
        client.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run(database, "SELECT count(*) FROM feature") == [(LIMIT + 1,)]


def test_known_names_stand_in_while_the_database_is_away(admin: HttpClient, server: Server, pool: Pool) -> None:
    uid = register(admin)["Spc"]
    with pool.connection() as connection:
        entity = entity_by_key(connection, uid)
        assert entity is not None

    class Away:
        def connection(self) -> Any:
            raise DatabaseAway

    features = Features(pool, max_names=1, max_entities=10)
    known = features.ids(entity.id, {"f0"})
    features._connections = Away()
    features._known[entity.id] = type(features._known[entity.id])(known, frozenset(), fresh_until=0.0)
    assert features.known(entity.id, {"f0"}) is None
    assert features.ids(entity.id, {"f0"}) == known
    with pytest.raises(DatabaseAway):
        features.ids(entity.id, {"f1"})


def as_a_server_that_has_just_started(server: Server) -> None:
    """It knows no names."""
    ingest = next(part for part in server.supervisor.parts if isinstance(part, IngestPipeline))
    ingest.features._known.clear()
    ingest.features._refusals._until.clear()


def run(database: str, statement: str) -> list[Any]:
    with psycopg.connect(database, options="-c search_path=scouter_py -c timezone=UTC") as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


class statements:  # noqa: N801  # reads as a verb
    """The names of the statements that are run meanwhile, by any thread."""

    def __init__(self) -> None:
        self._asked: list[str] = []
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> list[str]:
        for way in ("one", "all", "values", "run"):
            run_it = getattr(Statement, way)

            def noted(statement: Statement, *given: Any, run_it: Any = run_it, **parameters: Any) -> Any:
                self._asked.append(statement.name)
                return run_it(statement, *given, **parameters)

            self._patch.setattr(Statement, way, noted)
        return self._asked

    def __exit__(self, *_: object) -> None:
        self._patch.undo()
