"""What a server says of itself when it has started: values in, lines out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scouter.commands.greeting import LONGEST, Greeting, brokers_of, channels_of
from scouter.settings.settings import Settings
from scouter.users.first_users import FirstUsers

TRIED_OUT = Greeting(
    host="127.0.0.1",
    port=8000,
    database="embedded Postgres 18.6 in /w/scouter_data",
    spool=Path("/w/scouter_data/spool"),
    archive="/w/scouter_storage",
    hot_days=30,
    archive_days=None,
    is_archive_set=False,
    first_users=FirstUsers("admin", None, is_known=True, guest="write"),
    notices=["DATABASE_URI is not set: using an embedded Postgres in scouter_data, for this server alone"],
)


def said(greeting: Greeting) -> dict[str, str]:
    return {fact.label: fact.text for fact in [*greeting.shown(), greeting.ready()]}


def test_somebody_who_tries_it_out_reads_all_that_he_needs() -> None:
    lines = said(TRIED_OUT)
    assert list(lines) == ["page", "log in", "data", "clients", "alerts", "archive", "ready"]
    assert lines["page"] == (
        "http://127.0.0.1:8000/ in a browser; every route: http://127.0.0.1:8000/scouter/api/v1/docs"
    )
    assert lines["log in"] == "as 'admin' with 'admin'; or as 'guest' with 'guest', who may read and write"
    assert "embedded Postgres 18.6 in /w/scouter_data; messages wait in /w/scouter_data/spool" in lines["data"]
    assert "SCOUTER_SERVER_URI=http://127.0.0.1:8000, on this machine alone" in lines["clients"]
    assert "SCOUTER_SERVER_HOST is not set" in lines["clients"]
    assert "SCOUTER_WEBHOOK_URL" in lines["alerts"]
    assert lines["archive"] == "records older than 30 days go to /w/scouter_storage: SCOUTER_STORAGE_URI is not set"
    assert "listening on http://127.0.0.1:8000, metrics on http://127.0.0.1:8001/metrics" in lines["ready"]


@pytest.mark.parametrize("notices", range(13))
def test_it_is_ten_lines_unless_there_is_more_to_warn_of(notices: int) -> None:
    greeting = replace(TRIED_OUT, notices=["careful"] * notices, brokers=["Kafka at b:9092"])
    lines = len(greeting.shown()) + notices + 1
    assert lines <= max(LONGEST, notices + 4)
    assert [fact.label for fact in greeting.shown()][:3] == ["page", "log in", "data"]
    every = [fact.label for fact in [*greeting.shown(), *greeting.details()]]
    assert every == ["page", "log in", "data", "clients", "messages", "alerts", "archive"]


@pytest.mark.parametrize("first_users", [FirstUsers("ana", "s3cret-word"), FirstUsers("ana", None)])
def test_a_password_that_not_everybody_knows_is_in_no_line(first_users: FirstUsers) -> None:
    line = said(replace(TRIED_OUT, first_users=first_users))["log in"]
    assert "as 'ana' with the password " in line
    assert "s3cret-word" not in line
    assert "guest" not in line


def test_at_a_later_start_one_logs_in_as_before() -> None:
    line = said(replace(TRIED_OUT, first_users=None, admin="root"))["log in"]
    assert "as before" in line
    assert "user reset-password root" in line


@pytest.mark.parametrize(
    ("host", "page", "client", "listening"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000/", "URI=http://HOST:8000, HOST being", "http://0.0.0.0:8000,"),  # noqa: S104
        ("::", "http://[::1]:8000/", "URI=http://HOST:8000, HOST being", "http://[::]:8000,"),
        ("10.1.2.3", "http://10.1.2.3:8000/", "URI=http://10.1.2.3:8000", "http://10.1.2.3:8000,"),
        ("::1", "http://[::1]:8000/", "URI=http://[::1]:8000, on this machine alone", "http://[::1]:8000,"),
    ],
)
def test_addresses_are_those_that_one_can_go_to(host: str, page: str, client: str, listening: str) -> None:
    lines = said(replace(TRIED_OUT, host=host))
    assert lines["page"].startswith(page)
    assert client in lines["clients"]
    assert listening in lines["ready"]


def test_a_process_without_http_speaks_of_no_users() -> None:
    lines = said(replace(TRIED_OUT, has_http=False, spool=None, first_users=None))
    assert list(lines) == ["data", "alerts", "archive", "ready"]
    assert "password" not in str(lines)
    assert "listening on http://127.0.0.1:8001, for metrics and probes only" in lines["ready"]


def test_brokers_and_channels_are_named_without_their_secrets() -> None:
    settings = Settings.from_environment(
        {
            "KAFKA_BROKERS": "b1:9092,b2:9092",
            "KAFKA_USERNAME": "anna",
            "KAFKA_PASSWORD": "hidden-word",
            "RABBITMQ_ADDR": "amqp://anna:hidden-word@mq/%2f",
            "SCOUTER_WEBHOOK_URL": "https://hooks.example/hidden-word",
            "SLACK_APP_TOKEN": "hidden-word",
        }
    )
    greeting = replace(TRIED_OUT, brokers=brokers_of(settings), channels=channels_of(settings.alerting))
    lines = said(greeting)
    assert lines["messages"] == "from Kafka at b1:9092, b2:9092 and RabbitMQ at mq:5672 and over HTTP"
    assert lines["alerts"].startswith("to the webhook as profiles say"), "Slack lacks its address"
    assert "hidden-word" not in str(lines)
