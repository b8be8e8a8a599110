"""Dry runs: what real checks came to comes out of them again, wherever the records are, and nothing is left behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from scouter.archive.past_windows import PastWindows
from scouter.archive.reads import ArchiveReads
from scouter.archive.stores.opening import open_store
from scouter.dry_run.dry_runs import DryRuns
from scouter.dry_run.replaying import Replayed
from scouter.dry_run.variants import asked_variants
from scouter.errors import DryRunTooLarge
from scouter.postgres.connections.pool import open_pool
from scouter.postgres.tables.entities import entity_by_uid
from scouter.wire.dry_runs import DryRunEstimate, DryRunRequest
from tests.conditions import eventually
from tests.http_client import Answer, HttpClient
from tests.integration.archive.archived_days import near
from tests.integration.conftest import copy_of_template
from tests.integration.past_checks import DAY, DAYS, FIRST, HOUR, KINDS, LAST, STRICT, PastChecks, past_checks
from tests.metrics_page import sample, samples_at
from tests.profile_documents import spc_profile
from tests.server_process import CLONE

PLACES = ("hot", "the border in the middle of a window", "archived")
TABLES = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'scouter_py' AND table_type = 'BASE TABLE'"
)


@dataclass(frozen=True)
class Answers:
    """Of unchanged profiles, by where their records are and by kind."""

    past: PastChecks
    by_place: Mapping[str, Mapping[str, Any]]
    steps: Mapping[str, Mapping[str, list[tuple[datetime, str, str, int]]]]
    left: tuple[dict[str, int], dict[str, int]]


@pytest.fixture(scope="module")
def answers(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    directory = tmp_path_factory.mktemp("dry_run")
    with (
        copy_of_template(postgres) as database,
        open_pool(database, name="tests", smallest=1, largest=8, acquire_seconds=5) as pool,
        past_checks(database, pool, directory) as past,
    ):
        before = counted(past)
        found, steps = {}, {}
        for place, hot_days in zip(PLACES, (None, 31, 20), strict=True):
            if hot_days is not None:
                past.archive(hot_days)
            asked = (*KINDS, "huge")
            found[place] = {kind: past.dry_run(kind, details="alerts", compare=True) for kind in asked}
            steps[place] = {kind: steps_of(past, kind) for kind in KINDS}
            if hot_days is None:
                after = counted(past)
        yield Answers(past, found, steps, (before, after))


def counted(past: PastChecks) -> dict[str, int]:
    """The rows of every table."""
    tables = [name for (name,) in past.query(TABLES)]
    return {name: past.query(f'SELECT count(*) FROM scouter_py."{name}"')[0][0] for name in tables}


def replayed(past: PastChecks, kind: str, **limits: Any) -> Replayed:
    """Without HTTP: with the steps that an answer does not have."""
    request = DryRunRequest(start=FIRST, end=LAST, uid=past.uids[kind])
    with past.pool.connection() as connection:
        entity = entity_by_uid(connection, past.uids[kind])
        assert entity is not None
        variants = asked_variants(connection, entity, request, LAST)
    reads = ArchiveReads(open_store(past.settings.archive), maximum=1, seconds=30)
    windows = PastWindows(past.database, past.pool, reads, past.settings.database.data_dir / "dry_runs")
    settings = replace(past.settings.checks, **limits)
    runs = DryRuns(past.pool, windows, settings, lambda: LAST)
    made, _, _ = runs.replayed(entity, request, variants, DryRunEstimate(DAYS, 0, None))
    return made[0]


def steps_of(past: PastChecks, kind: str) -> list[tuple[datetime, str, str, int]]:
    steps = [(step.window_end, step.step.value, step.key.subject, step.episode) for step in replayed(past, kind).steps]
    return sorted(steps, key=lambda step: (step[0], step[2]))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_unchanged_profile_comes_to_what_its_checks_came_to(answers: Answers, place: str, kind: str) -> None:
    answer = answers.by_place[place][kind]
    assert answer.status == 200, answer
    recorded = answers.past.recorded(kind)
    windows = answer.body["windows"]
    assert [datetime.fromisoformat(each["end"]) for each in windows] == [end for end, *_ in recorded]
    assert [each["outcome"] for each in windows] == [outcome for _, outcome, *_ in recorded]
    assert [each["recorded_outcome"] for each in windows] == [outcome for _, outcome, *_ in recorded]
    assert [each["rows"] for each in windows] == [rows for _, _, rows, _ in recorded]
    assert [each["raised"] for each in windows] == near([alerts for *_, alerts in recorded])
    assert not any(each["records_differ"] for each in windows)
    assert {"ok", "alert", "no_data"} == {outcome for _, outcome, *_ in recorded}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_problems_go_through_the_states_that_they_went_through(answers: Answers, place: str, kind: str) -> None:
    steps = answers.past.steps(kind)
    assert answers.steps[place][kind] == steps
    assert {"firing", "resolved"} <= {step for _, step, *_ in steps}


@pytest.mark.parametrize("kind", KINDS)
def test_what_would_have_been_told_is_what_was_told(answers: Answers, kind: str) -> None:
    messages = [each["kind"] for each in answers.by_place["hot"][kind].body["messages"] if each["why_not"] is None]
    assert [each for each in messages if each != "reminder"] == answers.past.told[kind]


@pytest.mark.parametrize("place", PLACES[1:])
@pytest.mark.parametrize("kind", KINDS)
def test_archived_records_answer_as_hot_ones(answers: Answers, place: str, kind: str) -> None:
    hot, cold = answers.by_place["hot"][kind].body, answers.by_place[place][kind].body
    own = ("seconds", "files_opened", "estimate")
    assert near({name: value for name, value in cold.items() if name not in own}) == {
        name: value for name, value in hot.items() if name not in own
    }
    assert hot["files_opened"] == 0
    assert cold["files_opened"] > 0
    assert cold["estimate"]["windows"] == DAYS


def test_it_leaves_no_trace(answers: Answers) -> None:
    before, after = answers.left
    assert before == after
    directory = answers.past.settings.database.data_dir / "dry_runs"
    assert list(directory.iterdir()) == []


def test_nothing_differs_from_itself(answers: Answers) -> None:
    for kind in KINDS:
        compared = answers.by_place["hot"][kind].body["compare"]
        assert (compared["only_now"], compared["only_changed"], compared["first_difference"]) == (0, 0, None)
        assert compared["both"] > 0


def test_a_changed_rule_does_what_checks_by_that_rule_did(answers: Answers) -> None:
    """Those of another profile, which was given the same records."""
    past = answers.past
    changed = past.dry_run("spc", rule=STRICT, compare=True, details="alerts").body
    recorded = past.recorded("strict")
    assert [(each["outcome"], each["rows"], each["raised"]) for each in changed["windows"]] == [
        (outcome, rows, alerts) for _, outcome, rows, alerts in recorded
    ]
    compared = changed["compare"]
    assert (compared["only_now"], compared["only_changed"] > 0) == (0, True)
    assert compared["first_difference"]["only_changed"] != []


def test_a_whole_document_need_not_be_registered(answers: Answers) -> None:
    past, document = answers.past, spc_profile(space="spc")
    document["config"]["alert_config"] |= {"schedule": "0 0 6 * * *"}
    document["config"]["alert_config"]["rule"]["rule"] = STRICT
    changed = past.dry_run("spc", rule=STRICT).body["windows"]
    assert past.dry_run("spc", profile=document).body["windows"] == changed
    document["config"]["version"] = "9.9.9"
    named = {"start": FIRST.isoformat(), "end": LAST.isoformat(), "profile": document}
    by_name = past.client.post("/scouter/alerts/dry-run", named).body
    assert (by_name["uid"], by_name["windows"]) == (past.uids["spc"], changed)


def test_another_policy_holds_back_and_lets_through(answers: Answers) -> None:
    said = answers.past.dry_run("psi", policy={"fire_after": "3 of 3"}).body["messages"]
    assert {each["why_not"] for each in said} == {"3 of 3"}
    (first,) = {each["windows"] for each in said}
    assert first == 2


def test_figures_stand_beside_what_chance_makes(answers: Answers) -> None:
    body = answers.past.dry_run("psi", training_rows=5000).body
    assert body["summary"]["windows"] == DAYS
    (feature,) = body["summary"]["features"]
    assert sum(feature["p_values"]) == feature["checked_windows"] == DAYS - 1
    assert feature["highest_effect"] > feature["median_effect"]
    rows, messages = body["expected"]["alert_rows"], body["expected"]["messages"]
    assert rows["observed"] == body["summary"]["alerts"]
    assert 0 <= messages["probability"] <= 1
    assert messages["observed"] == 1


def test_the_timeline_is_there_as_csv(answers: Answers) -> None:
    past = answers.past
    asked = f'{{"uid": "{past.uids["spc"]}", "start": "{FIRST.isoformat()}", "end": "{LAST.isoformat()}"}}'.encode()
    answer = past.client.send("POST", "/scouter/alerts/dry-run", asked, {"accept": "text/csv"})
    lines = answer.body.decode().splitlines()
    assert answer.headers["content-type" if "content-type" in answer.headers else "Content-Type"].startswith("text/csv")
    assert lines[0] == "end,windows,rows,outcome,alerts,bad,state,recorded_outcome,records_differ"
    assert len(lines) == 1 + DAYS
    assert any(",alert," in line and ",f0,firing," in line for line in lines)


@pytest.mark.parametrize("place", (PLACES[0], PLACES[2]))
def test_values_that_nobody_can_add_up_are_reckoned_all_the_same(answers: Answers, place: str) -> None:
    windows = answers.by_place[place]["huge"].body["windows"]
    (raised,) = [each for window in windows for each in window["raised"]]
    assert raised["Custom"]["observed_value"] == 1.5e308


def test_any_moment_of_the_calendar_may_be_asked_for(answers: Answers) -> None:
    ends = {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59.999999-12:00"}
    answer = answers.past.dry_run("psi", **ends)
    assert (answer.status, answer.body["code"]) == (422, "DRY_RUN_TOO_LARGE")
    assert answers.past.dry_run("psi", **{**ends, "start": "9000-01-01T00:00:00Z"}).body["windows"] == []


def test_an_estimate_reads_nothing(answers: Answers) -> None:
    body = answers.past.dry_run("spc", estimate=True).body
    assert set(body) == {"uid", "start", "end", "estimate"}
    assert body["estimate"]["windows"] == DAYS
    assert body["estimate"]["rows"] == pytest.approx(72 * 3 * (DAYS - 1), rel=0.05)
    assert body["estimate"]["longest_end"] is None


def test_without_the_archive_only_hot_records_count(answers: Answers) -> None:
    body = answers.past.dry_run("psi", archive="skip").body
    assert (body["archive"], body["files_opened"], body["rows_read"]) == ("skipped", 0, 0)


def test_a_schedule_that_never_fires_has_no_windows(answers: Answers) -> None:
    for kind in KINDS:
        answer = answers.past.dry_run(kind, schedule="0 0 0 29 2 * 2096", compare=True)
        assert answer.status == 200, answer
        assert answer.body["windows"] == []
        assert answer.body["compare"]["only_now"] > 0


def test_windows_follow_a_schedule_whose_distance_changes(answers: Answers) -> None:
    for kind in KINDS:
        windows = answers.past.dry_run(kind, schedule="0 0 6,9 * * *").body["windows"]
        ends = [datetime.fromisoformat(each["end"]) for each in windows]
        assert {later - sooner for sooner, later in pairwise(ends)} == {3 * HOUR, 21 * HOUR}
        whole = answers.by_place["hot"][kind].body["windows"]
        assert sum(each["rows"] for each in windows) == sum(each["rows"] for each in whole)


def test_too_many_windows_or_records_are_refused_with_what_would_fit(answers: Answers) -> None:
    answer = answers.past.dry_run("psi", schedule="* * * * * *")
    assert (answer.status, answer.body["code"]) == (422, "DRY_RUN_TOO_LARGE")
    assert answer.body["estimate"]["windows"] == DAYS * 86_400
    fits = datetime.fromisoformat(answer.body["estimate"]["longest_end"])
    assert fits == FIRST + timedelta(seconds=10_000)
    assert answers.past.dry_run("psi", schedule="* * * * * *", end=fits.isoformat()).status == 200


def test_more_records_than_may_be_are_refused_although_no_check_counted_them(answers: Answers) -> None:
    """The run's own counts are the estimate; what is there is counted before it is read."""
    past = answers.past
    for kind in KINDS:
        with pytest.raises(DryRunTooLarge) as refused:
            replayed(past, kind, dry_run_rows=50)
        assert int(str(refused.value.estimate["rows"])) > 50
        assert FIRST < datetime.fromisoformat(str(refused.value.estimate["longest_end"])) < LAST


def test_a_dry_run_that_takes_too_long_is_broken_off(answers: Answers) -> None:
    with pytest.raises(DryRunTooLarge, match="that a dry run may take"):
        replayed(answers.past, "spc", dry_run_seconds=0.0)
    with held_tables(answers.past), pytest.raises(DryRunTooLarge):
        replayed(answers.past, "psi", dry_run_seconds=0.3)


@contextmanager
def held_tables(past: PastChecks) -> Iterator[None]:
    """Nobody reads records."""
    with psycopg.connect(past.database, options="-c search_path=scouter_py") as connection:
        connection.execute("LOCK TABLE spc_record, psi_record, custom_record IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def test_one_runs_and_one_waits_and_others_are_turned_away(answers: Answers) -> None:
    past = answers.past

    def ask(kind: str) -> Answer:
        with HttpClient(past.server.address) as client:
            client.token = past.client.token
            return client.post("/scouter/alerts/dry-run", past.asked(kind))

    with ThreadPoolExecutor(2) as threads:
        with held_tables(past):
            two = [threads.submit(ask, kind) for kind in ("spc", "psi")]
            eventually(lambda: waiting(past) == 1)
            turned_away = ask("custom")
            assert turned_away.body["code"] == "BUSY"
            assert int(turned_away.headers["Retry-After"]) > 0
        assert [each.result().status for each in two] == [200, 200]


def waiting(past: PastChecks) -> float:
    """Dry runs that wait for the one that is under way."""
    return sample(samples_at(past.server.metrics_address), "scouter_http_waiting", bulkhead="dry_runs")


def test_a_window_that_saw_other_records_is_marked(answers: Answers) -> None:
    past = answers.past
    more = "UPDATE check_run SET row_count = row_count {} 1 WHERE window_end = %s RETURNING id"
    past.query(more.format("+"), LAST)
    windows = past.dry_run("custom").body["windows"]
    past.query(more.format("-"), LAST)
    assert [each["records_differ"] for each in windows] == [False] * (DAYS - 1) + [True]


def test_silences_of_then_hold_back_only_where_they_are_asked_for(answers: Answers) -> None:
    past = answers.past
    past.query(
        "INSERT INTO silence (id, matchers, starts_at, ends_at, comment, created_by) "
        "VALUES (gen_random_uuid(), %s, %s, %s, 'known', 'ada') RETURNING id",
        '[{"field": "space", "is": "=", "value": "spc"}]',
        FIRST,
        LAST,
    )
    silenced, without = past.dry_run("spc", silences=True).body, past.dry_run("spc").body
    past.query("DELETE FROM silence RETURNING id")
    assert silenced["summary"]["messages"] == 0
    assert any(each["why_not"].startswith("silence ") for each in silenced["messages"])
    assert without["summary"]["messages"] > 0


def test_a_store_that_is_away_is_said_and_never_less_told(answers: Answers) -> None:
    store = answers.past.settings.database.data_dir / "store"
    gone = store.rename(store.with_name("gone"))
    try:
        answer = answers.past.dry_run("psi")
        assert (answer.status, answer.body["code"]) == (503, "ARCHIVE_UNREACHABLE")
        assert answers.past.dry_run("psi", archive="skip").status == 200
    finally:
        gone.rename(store)


def test_the_command_line_says_the_same(answers: Answers) -> None:
    past = answers.past
    asked = (past.uids["spc"], "--start", FIRST.isoformat(), "--end", LAST.isoformat(), "--rule", STRICT)
    table = program(past, *asked, "--compare")
    assert table.returncode == 0, table.stderr
    compared = past.dry_run("spc", rule=STRICT, compare=True).body["compare"]
    assert f"changed only: {compared['only_changed']}" in table.stdout
    assert "f0 above" in table.stdout
    as_csv = program(past, *asked, "--csv")
    assert len(as_csv.stdout.splitlines()) == 1 + DAYS
    assert program(past, *asked, "--estimate").stdout.startswith(f"{DAYS} windows, about ")
    wrong = program(past, *asked[:5], "--rule", "1 2")
    assert (wrong.returncode, "profile.config.alert_config.rule.rule" in wrong.stderr) == (1, True)
    assert program(past, "nobody", *asked[1:]).returncode == 1


def test_a_dry_run_that_is_killed_leaves_nothing(answers: Answers) -> None:
    past, before = answers.past, counted(answers.past)
    with held_tables(past):
        asked = ("dry-run", past.uids["spc"], "--start", FIRST.isoformat(), "--end", LAST.isoformat())
        running = subprocess.Popen(
            [*CLONE, *asked], env=environment(past), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        locked = (
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'scouter dry run' AND wait_event_type = 'Lock'"
        )
        eventually(lambda: bool(past.query(locked)))
        running.kill()
        running.wait()
    assert counted(past) == before
    assert list((past.settings.database.data_dir / "dry_runs").iterdir()) == []


def program(past: PastChecks, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLONE, "dry-run", *arguments],
        env=environment(past),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def environment(past: PastChecks) -> dict[str, str]:
    """Beside the running server."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SCOUTER_", "DATABASE_"))}
    settings = past.settings
    own = {"SCOUTER_DATA_DIR": str(settings.database.data_dir), "SCOUTER_STORAGE_URI": settings.archive.storage_uri}
    return {**clean, **own, "DATABASE_URI": past.database}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "1 2"}, "profile.config.alert_config.rule.rule"),
        ({"threshold": {"Fixed": {"threshold": 1}}}, "threshold"),
        ({"schedule": "never"}, "profile.config.alert_config.schedule"),
        ({"features_to_monitor": ["nobody"]}, "profile.config.alert_config.features_to_monitor[0]"),
        ({"policy": {"fire_after": "9 of 3"}}, "fire_after"),
        ({"end": FIRST.isoformat()}, "start"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_what_cannot_be_used_is_named(answers: Answers, changes: dict[str, Any], field: str) -> None:
    answer = answers.past.dry_run("spc", **changes)
    assert (answer.status, answer.body["field"]) == (400, field), answer


def test_a_document_of_another_space_is_refused(answers: Answers) -> None:
    answer = answers.past.dry_run("spc", profile=spc_profile(space="elsewhere"))
    assert (answer.status, answer.body["code"]) == (422, "DIFFERENT_SPACES")


def test_whoever_may_not_read_the_space_learns_nothing(answers: Answers) -> None:
    past = answers.past
    user = {
        "username": "bob",
        "email": "bob@example.com",
        "password": "bob-bob-bob",
        "permissions": ["read:elsewhere"],
        "group_permissions": ["user"],
    }
    made = past.client.post("/scouter/user", user)
    assert made.status == 200, made
    with HttpClient(past.server.address, "bob", "bob-bob-bob").login() as bob:
        asked = {"start": FIRST.isoformat(), "end": (FIRST + DAY).isoformat()}
        assert bob.post("/scouter/alerts/dry-run", {**asked, "uid": past.uids["spc"]}).status == 403
        assert bob.post("/scouter/alerts/dry-run", {**asked, "profile": spc_profile(space="spc")}).status == 403
