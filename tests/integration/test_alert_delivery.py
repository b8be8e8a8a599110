"""Alerts from the outbox to their channels, with a real Postgres and a real HTTP server that misbehaves."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from scouter.alerting.channels.routing import Channels, destinations_of
from scouter.alerting.delivery import Deliverer
from scouter.alerting.retry_policy import RetryPolicy
from scouter.metrics import ALERTS_GIVEN_UP
from scouter.postgres.connections.pool import Pool, connect, open_pool
from scouter.postgres.schema.row_expiry import delete_expired_rows
from scouter.postgres.tables.deliveries import (
    ClaimedDelivery,
    Delivery,
    DeliveryFilter,
    claim_delivery,
    delivery_page,
    enqueue,
    record_delivered,
    record_given_up,
    record_retry,
)
from scouter.postgres.tables.entities import Entity, EntityName, add_entity
from scouter.settings.settings import Settings
from scouter.wire.notifications import ChannelName, Descriptions, Destination
from scouter.wire.problem_messages import MessageKind, SlackRemote
from scouter.wire.profiles import DispatchConfig
from tests.alert_service import AlertService, Answer, Drop, Hang, rate_limited, slack_error
from tests.alert_services import SlackWorkspace
from tests.notifications import CONSOLE, NOW, OPSGENIE, SLACK, news, notification, problem_message
from tests.stopping import stop

SLACK_PATH, OPSGENIE_PATH, HOOK_PATH = "/api/chat.postMessage", "/v2/alerts", "/hook/very-secret"
LEASE = timedelta(seconds=30)
QUICK = RetryPolicy(first_seconds=0.05, factor=1.0)
Make = Callable[..., Deliverer]


def utc_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def service() -> Iterator[AlertService]:
    with AlertService() as running:
        yield running


@pytest.fixture
def settings(service: AlertService) -> Settings:
    return settings_of(service.url)


def settings_of(url: str) -> Settings:
    return Settings.from_environment(
        {
            "SLACK_API_URL": url + "/api",
            "SLACK_APP_TOKEN": "xoxb-secret",
            "OPSGENIE_API_URL": url + OPSGENIE_PATH,
            "OPSGENIE_API_KEY": "genie-secret",
            "SCOUTER_WEBHOOK_URL": url + HOOK_PATH,
            "SCOUTER_WEBHOOK_SECRET": "sign-secret",
            "SCOUTER_ALERT_TIMEOUT_SECONDS": "3",
        }
    )


@pytest.fixture
def entity(pool: Pool) -> Entity:
    with pool.connection() as connection:
        added = add_entity(connection, EntityName("shop", "churn", "1.0.0", "Spc"))
    assert added is not None
    return added


@pytest.fixture
def deliverer(pool: Pool, settings: Settings) -> Iterator[Make]:
    made: list[Deliverer] = []

    def make(policy: RetryPolicy = QUICK, *, workers: int = 4, lease: timedelta = LEASE) -> Deliverer:
        one = Deliverer(pool, Channels(settings.alerting), policy, workers=workers, lease=lease, now=utc_now)
        made.append(one)
        one.start()
        return one

    yield make
    for one in made:
        stop(one)


def put(pool: Pool, entity: Entity, settings: Settings, dispatch: DispatchConfig, *ids: int, own: bool = True) -> None:
    """An alert for a channel; without `own` for the webhook alone."""
    wanted = destinations_of(dispatch, settings.alerting)
    with pool.connection() as connection:
        enqueue(connection, entity.id, notification(*ids), wanted[:1] if own else wanted[1:], utc_now())


def claim(pool: Pool, now: datetime, *channels: ChannelName, lease: timedelta = LEASE) -> ClaimedDelivery | None:
    with pool.connection() as connection:
        return claim_delivery(
            connection, channels or list(ChannelName), now=now, claimed_by="a test", claim_until=now + lease
        )


def deliveries(pool: Pool, **wanted: str) -> list[Delivery]:
    with pool.connection() as connection:
        return delivery_page(connection, DeliveryFilter(**wanted), below_id=None, maximum=1000)  # type: ignore[arg-type]


def wait_until_closed(pool: Pool, count: int = 1, seconds: float = 10) -> list[Delivery]:
    deadline = time.monotonic() + seconds
    while True:
        closed = [each for each in deliveries(pool) if each.state != "pending"]
        if len(closed) >= count:
            return closed
        assert time.monotonic() < deadline, deliveries(pool)
        time.sleep(0.02)


# --- the outbox


def test_what_is_put_in_belongs_to_the_transaction(pool: Pool, entity: Entity, settings: Settings) -> None:
    with pool.connection() as connection:
        enqueue(connection, entity.id, notification(), destinations_of(SLACK, settings.alerting), NOW)
        connection.rollback()
    assert deliveries(pool) == []


def test_a_notification_survives_the_outbox(pool: Pool, entity: Entity, settings: Settings) -> None:
    sent = notification(1, 2, descriptions=Descriptions("a\x00b", "☃", "\\u0000"), late=True)
    with pool.connection() as connection:
        enqueue(connection, entity.id, sent, destinations_of(OPSGENIE, settings.alerting)[:1], NOW)
    claimed = claim(pool, NOW)
    assert claimed is not None
    assert claimed.message == sent
    assert claimed.destination.dispatch == OPSGENIE


def test_a_claim_keeps_others_away_until_it_lapses(pool: Pool, entity: Entity, settings: Settings) -> None:
    put(pool, entity, settings, SLACK)
    now = utc_now()
    first = claim(pool, now)
    assert first is not None
    assert claim(pool, now + LEASE - timedelta(seconds=1)) is None
    second = claim(pool, now + LEASE)
    assert second is not None
    assert (second.id, first.attempts, second.attempts) == (first.id, 1, 2)


def test_what_a_check_of_a_clock_that_was_ahead_puts_in_is_due_at_once(
    pool: Pool, entity: Entity, settings: Settings
) -> None:
    tomorrow = utc_now() + timedelta(days=1)
    with pool.connection() as connection:
        enqueue(connection, entity.id, notification(), destinations_of(SLACK, settings.alerting)[:1], tomorrow)
    assert claim(pool, utc_now()) is not None


def test_a_try_that_a_clock_ahead_had_claimed_is_made_again_soon(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService
) -> None:
    service.behave(SLACK_PATH, Answer(500))
    put(pool, entity, settings, SLACK, 1)
    claimed = claim(pool, utc_now() + timedelta(days=1))
    assert claimed is not None
    policy = RetryPolicy(first_seconds=60.0)
    Deliverer(pool, Channels(settings.alerting), policy, workers=1, lease=LEASE, now=utc_now)._deliver(claimed)
    (waiting,) = deliveries(pool)
    assert waiting.next_attempt_at is not None
    assert waiting.next_attempt_at < utc_now() + timedelta(minutes=2)


def test_two_that_claim_at_once_get_two_different_ones(pool: Pool, entity: Entity, settings: Settings) -> None:
    for number in range(40):
        put(pool, entity, settings, (SLACK, OPSGENIE, CONSOLE)[number % 3], number)
    ids: list[int] = []

    def take() -> None:
        while (claimed := claim(pool, utc_now())) is not None:
            ids.append(claimed.id)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids) == sorted(each.id for each in deliveries(pool))


def test_only_the_channels_asked_for_are_claimed(pool: Pool, entity: Entity, settings: Settings) -> None:
    put(pool, entity, settings, SLACK)
    assert claim(pool, utc_now(), ChannelName.console, ChannelName.webhook) is None
    assert claim(pool, utc_now(), ChannelName.slack) is not None


def test_a_claim_that_lapsed_records_no_failure(pool: Pool, entity: Entity, settings: Settings) -> None:
    put(pool, entity, settings, SLACK)
    now = utc_now()
    first, second = claim(pool, now), claim(pool, now + LEASE)
    assert first is not None
    assert second is not None
    with pool.connection() as connection:
        assert not record_given_up(connection, first, error="late")
        assert not record_retry(connection, first, error="late", next_attempt_at=now)
        assert record_delivered(connection, first.id, receipt="it was sent, whoever holds the claim", now=now)
        assert not record_given_up(connection, second, error="too late")
    assert [each.state for each in deliveries(pool)] == ["delivered"]


def test_deliveries_go_with_their_profile(pool: Pool, entity: Entity, settings: Settings) -> None:
    put(pool, entity, settings, SLACK)
    with pool.connection() as connection:
        connection.execute("DELETE FROM entity WHERE id = %s", (entity.id,))
    assert deliveries(pool) == []


def test_deliveries_are_listed_by_page_and_filter(pool: Pool, entity: Entity, settings: Settings) -> None:
    for number in range(5):
        put(pool, entity, settings, SLACK, number)
    claimed = claim(pool, utc_now())
    assert claimed is not None
    with pool.connection() as connection:
        record_delivered(connection, claimed.id, receipt="ok", now=NOW)
        page = delivery_page(connection, DeliveryFilter(), below_id=None, maximum=2)
        rest = delivery_page(connection, DeliveryFilter(), below_id=page[-1].id, maximum=10)
        assert [each.alert_ids for each in page + rest] == [[4], [3], [2], [1], [0]]
        assert delivery_page(connection, DeliveryFilter(spaces=["other"]), below_id=None, maximum=9) == []
        assert len(delivery_page(connection, DeliveryFilter(spaces=["shop"]), below_id=None, maximum=9)) == 5
        [delivered] = delivery_page(connection, DeliveryFilter(state="delivered"), below_id=None, maximum=9)
        assert (delivered.receipt, delivered.delivered_at, delivered.attempts) == ("ok", NOW, 1)
        pending = delivery_page(connection, DeliveryFilter(state="pending"), below_id=None, maximum=9)
        assert [(each.channel, each.state) for each in pending] == [("slack", "pending")] * 4
    assert sum(delete_expired_rows(pool, "alert_deliveries", utc_now() + timedelta(days=1))) == 1
    assert len(deliveries(pool)) == 4


# --- messages about problems


def test_a_message_about_problems_survives_the_outbox(pool: Pool, entity: Entity) -> None:
    sent = problem_message(problems=(news(), news(id=42, subject="a\x00b")))
    to = Destination(ChannelName.email, mail_to="a@example.com")
    with pool.connection() as connection:
        enqueue(connection, entity.id, sent, [to], NOW)
    claimed = claim(pool, NOW)
    assert claimed is not None
    assert (claimed.message, claimed.destination, claimed.channel) == (sent, to, ChannelName.email)
    assert [each.alert_ids for each in deliveries(pool)] == [[7, 8]]


def test_what_a_service_calls_a_message_is_kept_for_the_next_one(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    workspace = SlackWorkspace()
    service.become("/api/", workspace)
    deliverer()
    to = Destination(ChannelName.slack, SLACK)
    with pool.connection() as connection:
        enqueue(connection, entity.id, problem_message(), [to], utc_now())
    wait_until_closed(pool)
    with pool.connection() as connection:
        [(kept,)] = connection.execute("SELECT remote::text FROM alert_delivery").fetchall()
        remote = msgspec.json.decode(kept, type=SlackRemote)
        reply = problem_message(MessageKind.resolved, 5, remote=remote, heading="age is good again")
        enqueue(connection, entity.id, reply, [to], utc_now())
    wait_until_closed(pool, 2)
    [[first, second]] = workspace.threads()
    assert first.text.startswith("Resolved: ")
    assert second.text == "age is good again"


# --- the deliverer


def test_an_alert_arrives_in_its_channel_and_at_the_webhook(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    running = deliverer()
    with pool.connection() as connection:
        enqueue(connection, entity.id, notification(), destinations_of(SLACK, settings.alerting), utc_now())
    running.wake()
    service.wait_for(SLACK_PATH)
    service.wait_for(HOOK_PATH)
    closed = wait_until_closed(pool, 2)
    assert {(each.channel, each.state, each.attempts) for each in closed} == {
        ("slack", "delivered", 1),
        ("webhook", "delivered", 1),
    }
    assert all(each.receipt for each in closed)


def test_it_arrives_without_a_wake_too(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    deliverer()
    time.sleep(0.1)
    put(pool, entity, settings, SLACK)
    service.wait_for(SLACK_PATH, seconds=2)


@pytest.mark.parametrize("trouble", [Answer(500), Drop(), slack_error("internal_error"), Answer(200, "<html>")])
def test_what_failed_is_tried_again(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make, trouble: Answer | Drop
) -> None:
    service.behave(SLACK_PATH, trouble, trouble, Answer())
    put(pool, entity, settings, SLACK)
    deliverer()
    [closed] = wait_until_closed(pool)
    assert (closed.state, closed.attempts) == ("delivered", 3)
    assert len(service.requests(SLACK_PATH)) == 3


def test_retry_after_is_honoured(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    service.behave(SLACK_PATH, rate_limited(2), Answer())
    put(pool, entity, settings, SLACK)
    deliverer()
    first, second = service.wait_for(SLACK_PATH, 2)
    assert 2.0 <= second.at - first.at < 3.5


def test_what_is_refused_is_given_up_at_once_and_counted(
    pool: Pool,
    entity: Entity,
    settings: Settings,
    service: AlertService,
    deliverer: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.behave(SLACK_PATH, slack_error("channel_not_found"))
    before = given_up("slack")
    put(pool, entity, settings, SLACK)
    deliverer()
    [closed] = wait_until_closed(pool)
    assert (closed.state, closed.attempts) == ("given_up", 1)
    assert closed.last_error == "127.0.0.1 answered channel_not_found"
    wait_for_log(caplog, "gave up delivery")
    assert given_up("slack") == before + 1


def test_it_is_given_up_after_the_last_try(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    service.behave(SLACK_PATH, Answer(503))
    put(pool, entity, settings, SLACK)
    deliverer(replace(QUICK, max_attempts=3))
    [closed] = wait_until_closed(pool)
    assert (closed.state, closed.attempts) == ("given_up", 3)
    assert "the last of 3 tries" in (closed.last_error or "")


def test_it_is_given_up_when_it_is_too_old(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    service.behave(SLACK_PATH, Answer(503))
    put(pool, entity, settings, SLACK)
    deliverer(replace(QUICK, first_seconds=3600.0, max_age=timedelta(seconds=1)))
    [closed] = wait_until_closed(pool)
    assert (closed.state, closed.attempts) == ("given_up", 2)


@pytest.mark.quiet
@pytest.mark.parametrize("hanging", [1, 3])
def test_channels_that_hang_delay_nobody_else(
    pool: Pool,
    entity: Entity,
    settings: Settings,
    service: AlertService,
    deliverer: Make,
    capsys: pytest.CaptureFixture[str],
    hanging: int,
) -> None:
    """Twenty alerts wait for each channel that hangs, before any that works is asked."""
    remote = {SLACK_PATH: SLACK, OPSGENIE_PATH: OPSGENIE, HOOK_PATH: CONSOLE}
    for path in list(remote)[:hanging]:
        service.behave(path, Hang())
        for number in range(20):
            put(pool, entity, settings, remote[path], number, own=path != HOOK_PATH)
    deliverer()
    for path in list(remote)[:hanging]:
        service.wait_for(path)
    begun = time.monotonic()
    put(pool, entity, settings, CONSOLE, 999)
    for path in list(remote)[hanging:]:
        put(pool, entity, settings, remote[path], 999, own=path != HOOK_PATH)
        service.wait_for(path)
    wait_until_closed(pool, 4 - hanging)
    assert time.monotonic() - begun < 1.5
    assert "Drift detected: shop/churn/1.0.0" in capsys.readouterr().out


def test_a_stop_finishes_what_is_in_hand(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    service.behave(SLACK_PATH, Answer(after_seconds=0.5))
    put(pool, entity, settings, SLACK)
    running = deliverer()
    service.wait_for(SLACK_PATH)
    assert stop(running)
    assert [each.state for each in deliveries(pool)] == ["delivered"]
    assert not any(thread.name.startswith("delivery") for thread in threading.enumerate())


def test_a_stop_says_what_it_abandons(
    pool: Pool,
    entity: Entity,
    settings: Settings,
    service: AlertService,
    deliverer: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.behave(SLACK_PATH, Hang())
    put(pool, entity, settings, SLACK)
    running = deliverer()
    service.wait_for(SLACK_PATH)
    assert not stop(running, 0.1)
    assert "abandoned 1 tries" in caplog.text


def test_several_servers_send_everything_once(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    for number in range(60):
        put(pool, entity, settings, OPSGENIE, number)
    for _ in range(3):
        deliverer()
    wait_until_closed(pool, 60)
    aliases = [request.json["alias"] for request in service.requests(OPSGENIE_PATH)]
    assert sorted(aliases) == sorted(f"uid-1:{number}" for number in range(60))


def test_the_claim_of_a_killed_server_is_taken_over_after_the_lease(
    database: str, pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    service.behave(SLACK_PATH, Hang(), Answer())
    put(pool, entity, settings, SLACK)
    killed = multiprocessing.get_context("spawn").Process(target=deliver_for_ever, args=(database, service.url))
    killed.start()
    service.wait_for(SLACK_PATH, seconds=30)
    assert killed.pid is not None
    os.kill(killed.pid, signal.SIGKILL)
    killed.join()
    lapses = claim_end(database)
    deliverer()
    [closed] = wait_until_closed(pool)
    assert (closed.state, closed.attempts) == ("delivered", 2)
    assert closed.delivered_at is not None
    assert closed.delivered_at >= lapses


def deliver_for_ever(database: str, url: str) -> None:
    """What the process does that gets killed."""
    with open_pool(database, name="to be killed", smallest=1, largest=4, acquire_seconds=5) as opened:
        channels = Channels(settings_of(url).alerting)
        lease = timedelta(seconds=4)
        Deliverer(opened, channels, QUICK, workers=4, lease=lease, now=utc_now).start()
        time.sleep(60)


def test_something_unreadable_stops_nobody(
    pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    put(pool, entity, settings, SLACK, 1)
    with pool.connection() as connection:
        connection.execute("UPDATE alert_delivery SET payload = '{\"alert_ids\": 1}'")
    put(pool, entity, settings, SLACK, 2)
    deliverer(replace(QUICK, max_attempts=2))
    second, first = wait_until_closed(pool, 2)
    assert (first.state, second.state) == ("given_up", "delivered")
    assert "unforeseen way" in (first.last_error or "")


def test_a_delivery_is_recorded_after_the_database_came_back(
    database: str, pool: Pool, entity: Entity, settings: Settings, service: AlertService, deliverer: Make
) -> None:
    service.behave(SLACK_PATH, Answer(after_seconds=0.5))
    put(pool, entity, settings, SLACK)
    deliverer()
    service.wait_for(SLACK_PATH)
    with connect(database) as connection:
        # The sender wants to record while its row is locked and its connections are being cut.
        connection.execute("SELECT id FROM alert_delivery FOR UPDATE")
        for _ in range(10):
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'scouter tests'"
            )
            time.sleep(0.1)
    [closed] = wait_until_closed(pool)
    assert (closed.state, closed.attempts) == ("delivered", 1)
    assert len(service.requests(SLACK_PATH)) == 1


def test_no_secret_is_in_the_log_or_in_a_receipt(
    pool: Pool,
    entity: Entity,
    settings: Settings,
    service: AlertService,
    deliverer: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    repeated = f"{HOOK_PATH} {service.url}{HOOK_PATH} Bearer xoxb-secret GenieKey genie-secret sign-secret"
    paths = {SLACK_PATH: "xoxb-secret", OPSGENIE_PATH: "genie-secret", HOOK_PATH: "sign-secret very-secret"}
    for path, secrets in paths.items():
        own = " ".join(word for word in repeated.split() if any(secret in word for secret in secrets.split()))
        service.behave(path, Answer(500, own), Drop(), Answer(404, own))
    for dispatch in (SLACK, OPSGENIE):
        with pool.connection() as connection:
            enqueue(connection, entity.id, notification(), destinations_of(dispatch, settings.alerting), utc_now())
    deliverer()
    closed = wait_until_closed(pool, 4)
    wait_for_log(caplog, "gave up delivery", 4)
    shown = caplog.text + repr(closed) + repr(settings)
    assert "(hidden)" in shown
    for secret in ("xoxb-secret", "genie-secret", "sign-secret", "very-secret"):
        assert secret not in shown


def given_up(channel: str) -> float:
    return float(ALERTS_GIVEN_UP.labels(channel)._value.get())


def claim_end(database: str) -> datetime:
    with connect(database) as connection:
        row = connection.execute("SELECT claim_until FROM alert_delivery").fetchone()
    assert row is not None
    end: datetime = row[0]
    return end


def wait_for_log(caplog: pytest.LogCaptureFixture, text: str, count: int = 1, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while caplog.text.count(text) < count:
        assert time.monotonic() < deadline, caplog.text
        time.sleep(0.02)
