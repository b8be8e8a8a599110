"""Settings: read, validated, and never shown when they are secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from scouter.errors import StartRefused
from scouter.settings.settings import Settings, environment_warnings, settings_table
from scouter.settings.shown import NOT_SET, SET, shown_settings

SECRET = "a-secret-that-must-not-be-shown-anywhere"


def problems(**environment: str) -> list[str]:
    with pytest.raises(StartRefused) as refused:
        Settings.from_environment(environment)
    return refused.value.problems


def test_defaults_need_no_environment() -> None:
    settings = Settings.from_environment({})
    assert settings.http.port == 8000
    assert settings.database.max_pool_size == 30
    assert settings.kafka.topics == ("scouter_monitoring",)
    assert settings.database.data_dir == Path("scouter_data")


def test_empty_means_unset() -> None:
    assert Settings.from_environment({"SCOUTER_SERVER_PORT": "", "SCOUTER_DEFAULT_PASSWORD": ""}) == Settings()


def test_values_are_read_by_their_names() -> None:
    settings = Settings.from_environment(
        {
            "SCOUTER_SERVER_PORT": "9000",
            "KAFKA_TOPIC": "a, b",
            "DB_TEST_BEFORE_ACQUIRE": "False",
            "AZURE_STORAGE_ACCOUNT": "other spelling",
            "SCOUTER_GUEST_ACCESS": "READ",
        }
    )
    assert settings.http.port == 9000
    assert settings.kafka.topics == ("a", "b")
    assert settings.database.test_before_acquire is False
    assert settings.archive.azure_storage_account == "other spelling"
    assert settings.users.guest_access == "read"


def test_every_wrong_value_is_listed_at_once() -> None:
    said = problems(SCOUTER_SERVER_PORT="x", MAX_RETRIES="-1", LOG_JSON="maybe", SCOUTER_SHUTDOWN_SECONDS="nan")
    assert len(said) == 4
    assert said[0] == "SCOUTER_SERVER_PORT 'x' is not accepted: expected a whole number from 1 to 65534"


@pytest.mark.parametrize(
    "variable", ["SCOUTER_ENCRYPT_SECRET", "SCOUTER_REFRESH_SECRET", "SCOUTER_BOOTSTRAP_KEY", "SCOUTER_WEBHOOK_URL"]
)
def test_a_wrong_secret_is_not_shown(variable: str) -> None:
    [said] = problems(**{variable: "too-short"})
    assert variable in said
    assert "too-short" not in said


def test_secrets_are_left_out_of_the_representation() -> None:
    environment = {
        "DATABASE_URI": f"postgresql://u:{SECRET}@h/d",
        "SCOUTER_DEFAULT_PASSWORD": SECRET,
        "SCOUTER_ENCRYPT_SECRET": SECRET,
        "RABBITMQ_ADDR": f"amqp://u:{SECRET}@h",
        "SLACK_APP_TOKEN": SECRET,
    }
    assert SECRET not in repr(Settings.from_environment(environment))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://scouter.example.com", "https://scouter.example.com"),
        ("https://scouter.example.com/", "https://scouter.example.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_public_url_is_scheme_host_and_port(given: str, kept: str) -> None:
    assert Settings.from_environment({"SCOUTER_PUBLIC_URL": given}).http.public_url == kept


@pytest.mark.parametrize(
    "given",
    [
        "scouter.example.com",
        "ftp://scouter.example.com",
        "https://",
        "https://scouter.example.com/scouter",
        "https://ada:secret@scouter.example.com",
        "https://scouter.example.com?token=1",
        "https://scouter.example.com/#x",
        "https://scouter.example.com:port",
        "https://scouter.example.com:0",
        "https://scouter.example.com:99999",
        "https://[::1",
        "https://a b",
        "https://a>|<!channel>",
        " https://scouter.example.com",
    ],
)
def test_a_public_url_is_nothing_else(given: str) -> None:
    [said] = problems(SCOUTER_PUBLIC_URL=given)
    assert said.startswith("SCOUTER_PUBLIC_URL ")
    assert "without a path" in said


def test_redis_is_refused_with_a_sentence() -> None:
    [said] = problems(REDIS_ADDR="redis://localhost")
    assert "Redis is not supported" in said


def test_contradictions_are_found() -> None:
    assert problems(MAX_POOL_SIZE="5", MIN_POOL_SIZE="6") == ["MIN_POOL_SIZE 6 is larger than MAX_POOL_SIZE 5"]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SCOUTER_RUN_DAYS": "6"}, "SCOUTER_RUN_DAYS 6 is smaller than SCOUTER_LATE_DAYS 7"),
        ({"SCOUTER_ALERT_DAYS": "6"}, "SCOUTER_ALERT_DAYS 6 is smaller than SCOUTER_LATE_DAYS 7"),
        (
            {"SCOUTER_ALERT_DAYS": "7", "SCOUTER_DELIVERY_MAX_AGE_HOURS": "169"},
            "SCOUTER_ALERT_DAYS 7 is shorter than SCOUTER_DELIVERY_MAX_AGE_HOURS 169",
        ),
        ({"SCOUTER_ARCHIVE_DAYS": "30"}, "SCOUTER_ARCHIVE_DAYS 30 is not larger than DATA_RETENTION_PERIOD 30"),
        (
            {"SCOUTER_OBSERVABILITY_DAYS": "0"},
            "SCOUTER_OBSERVABILITY_DAYS '0' is not accepted: expected a whole number",
        ),
    ],
)
def test_periods_that_cannot_be_meant_keep_the_server_from_starting(environment: dict[str, str], said: str) -> None:
    [problem] = problems(**environment)
    assert problem.startswith(said)


def test_periods_that_just_fit_are_accepted() -> None:
    settings = Settings.from_environment(
        {
            **{"SCOUTER_RUN_DAYS": "7", "SCOUTER_ALERT_DAYS": "7", "SCOUTER_DELIVERY_MAX_AGE_HOURS": "168"},
            **{"SCOUTER_ARCHIVE_DAYS": "31", "SCOUTER_MAX_PAST_DAYS": "31"},
        }
    )
    assert settings.retention_warnings() == Settings().retention_warnings() == []
    assert Settings().retention.archive_days is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DATA_RETENTION_PERIOD": "7"}, "DATA_RETENTION_PERIOD 7 is not larger than SCOUTER_LATE_DAYS 7: days stay"),
        ({"SCOUTER_ARCHIVE_DAYS": "90"}, "SCOUTER_ARCHIVE_DAYS 90 is smaller than SCOUTER_MAX_PAST_DAYS 365: records"),
    ],
)
def test_periods_that_may_surprise_are_warned_of(environment: dict[str, str], said: str) -> None:
    [warning] = Settings.from_environment(environment).retention_warnings()
    assert warning.startswith(said)


def test_unknown_and_useless_variables_are_warnings() -> None:
    said = environment_warnings({"SCOUTER_SERVER_PROT": "1", "SCOUTER_GRPC_PORT": "1", "SCOUTER_SERVER_URI": "x"})
    assert said == [
        "SCOUTER_GRPC_PORT has no effect: there is no gRPC here",
        "SCOUTER_SERVER_PROT is not a setting of this server; see --help",
    ]


def test_settings_are_shown_without_what_is_secret() -> None:
    environment = {
        "DATABASE_URI": f"postgresql://u:{SECRET}@db/x",
        "SCOUTER_WEBHOOK_URL": f"https://hooks.example/{SECRET}",
        "RABBITMQ_ADDR": f"amqp://u:{SECRET}@broker:5672/",
        "SLACK_API_URL": f"https://u:{SECRET}@slack.example:8443/api?token={SECRET}",
        "SCOUTER_TRUSTED_PROXIES": "10.0.0.0/8,::1",
        "SCOUTER_STORE_SECONDS": "1.5",
    }
    shown = {each.variable: each for each in shown_settings(Settings.from_environment(environment))}
    assert list(shown) == [variable for _, variable, _, _ in settings_table()]
    assert SECRET not in repr(shown)
    assert shown["DATABASE_URI"].value == shown["RABBITMQ_ADDR"].value == SET
    assert shown["SCOUTER_BOOTSTRAP_KEY"].value == NOT_SET
    assert shown["SLACK_API_URL"].value == "https://slack.example:8443/api"
    assert shown["SCOUTER_TRUSTED_PROXIES"].value == "10.0.0.0/8,::1/128"
    assert (shown["SCOUTER_STORE_SECONDS"].value, shown["SCOUTER_STORE_SECONDS"].is_default) == ("1.5", False)
    assert shown["MAX_POOL_SIZE"].is_default
