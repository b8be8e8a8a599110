"""Every environment variable of the server in one table: name, type, default, and why one would set it.

The fields of `Settings` are the table. `Settings.from_environment` reads it, `settings_table` prints it.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from scouter.errors import StartRefused
from scouter.settings import parsers as values
from scouter.settings.rules import contradictions

T = TypeVar("T")

DOCUMENTED_DATABASE_URI = "postgresql://postgres:postgres@localhost:5432/postgres"


def _setting(
    variable: str,
    default: T,
    parse: Callable[[str], T],
    why: str,
    *,
    group: str,
    shown_default: str | None = None,
) -> T:
    metadata = {"variable": variable, "parse": parse, "why": why, "group": group, "shown_default": shown_default}
    field: Any = dataclasses.field(default=default, metadata=metadata, repr=parse not in values.SECRET_PARSERS)
    return field  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server process. Secrets are left out of its `repr`."""

    # --- HTTP
    server_host: str | None = _setting(
        "SCOUTER_SERVER_HOST",
        None,
        values.text,
        "Address to listen on.",
        group="HTTP",
        shown_default="127.0.0.1 with the embedded database, else 0.0.0.0",
    )
    server_port: int = _setting(
        "SCOUTER_SERVER_PORT",
        8000,
        values.integer(1, 65534),
        "Port for HTTP; metrics are on the next one.",
        group="HTTP",
    )
    http_threads: int = _setting(
        "SCOUTER_HTTP_THREADS",
        64,
        values.integer(2, 1000),
        "Requests handled at once; most of them wait for a commit.",
        group="HTTP",
    )
    connection_limit: int = _setting(
        "SCOUTER_CONNECTION_LIMIT",
        10_000,
        values.integer(10, 100_000),
        "Open connections; every client queue holds one.",
        group="HTTP",
    )
    max_message_bytes: int = _setting(
        "SCOUTER_MAX_MESSAGE_BYTES",
        16 * 2**20,
        values.integer(1024, 2**30),
        "Largest request body; a larger one is answered 413.",
        group="HTTP",
    )
    trusted_proxies: tuple[values.Network, ...] = _setting(
        "SCOUTER_TRUSTED_PROXIES",
        (),
        values.networks,
        "Addresses or networks (10.0.0.0/8) of proxies whose X-Forwarded-For names the caller, for the limit of "
        "failed logins and for the log.",
        group="HTTP",
    )
    shutdown_seconds: float = _setting(
        "SCOUTER_SHUTDOWN_SECONDS",
        25.0,
        values.seconds(0, 3600),
        "How long a stop may take to finish what is in hand.",
        group="HTTP",
    )

    # --- Postgres
    database_uri: str | None = _setting(
        "DATABASE_URI",
        None,
        values.secret,
        "A Postgres URI: that server and only that. `embedded`: a Postgres of our own. "
        "Unset: the documented default URI if it lets us in, else embedded.",
        group="Database",
        shown_default=DOCUMENTED_DATABASE_URI,
    )
    data_dir: Path = _setting(
        "SCOUTER_DATA_DIR",
        Path("scouter_data"),
        values.path,
        "Where the embedded database lives.",
        group="Database",
    )
    min_free_bytes: int = _setting(
        "SCOUTER_MIN_FREE_BYTES",
        256 * 2**20,
        values.integer(0, 2**50),
        "Free space of the embedded database below which records are answered 503, before Postgres hits the wall.",
        group="Database",
    )
    database_wait_seconds: float = _setting(
        "SCOUTER_DATABASE_WAIT_SECONDS",
        30.0,
        values.seconds(0, 3600),
        "How long a start waits for the database of DATABASE_URI.",
        group="Database",
    )
    max_pool_size: int = _setting(
        "MAX_POOL_SIZE", 30, values.integer(4, 1000), "Most connections to Postgres.", group="Database"
    )
    min_pool_size: int = _setting(
        "MIN_POOL_SIZE", 4, values.integer(0, 1000), "Connections kept open.", group="Database"
    )
    db_acquire_timeout_seconds: float = _setting(
        "DB_ACQUIRE_TIMEOUT_SECONDS",
        10.0,
        values.seconds(0.1, 3600),
        "How long a request waits for a free connection.",
        group="Database",
    )
    db_idle_timeout_seconds: float = _setting(
        "DB_IDLE_TIMEOUT_SECONDS",
        300.0,
        values.seconds(1, 86_400),
        "An idle connection above MIN_POOL_SIZE is closed after this.",
        group="Database",
    )
    db_max_lifetime_seconds: float = _setting(
        "DB_MAX_LIFETIME_SECONDS",
        1800.0,
        values.seconds(1, 86_400),
        "A connection is replaced after this.",
        group="Database",
    )
    db_test_before_acquire: bool = _setting(
        "DB_TEST_BEFORE_ACQUIRE",
        True,
        values.boolean,
        "Test a connection before a request uses it (not the writer's, which retries).",
        group="Database",
    )

    # --- records
    queue_messages: int = _setting(
        "SCOUTER_QUEUE_MESSAGES",
        2000,
        values.integer(1, 1_000_000),
        "Messages that may wait for the writer; requests beyond that wait their turn.",
        group="Records",
    )
    batch_rows: int = _setting(
        "SCOUTER_BATCH_ROWS",
        50_000,
        values.integer(1, 1_000_000),
        "Rows that the writer puts in one transaction at most.",
        group="Records",
    )
    store_seconds: float = _setting(
        "SCOUTER_STORE_SECONDS",
        1.0,
        values.seconds(0.1, 3600),
        "How long Postgres may take to store what was sent; then it goes to the spool and is stored later.",
        group="Records",
    )
    spool_dir: Path | None = _setting(
        "SCOUTER_SPOOL_DIR",
        None,
        values.path,
        "Where messages wait while Postgres is away. A disk that outlives the process.",
        group="Records",
        shown_default="`spool` in SCOUTER_DATA_DIR",
    )
    spool_max_bytes: int = _setting(
        "SCOUTER_SPOOL_MAX_BYTES",
        4 * 2**30,
        values.integer(2**20, 2**50),
        "Size of the spool; when it is full, messages are answered 503.",
        group="Records",
    )
    quarantine_max_bytes: int = _setting(
        "SCOUTER_QUARANTINE_MAX_BYTES",
        2**30,
        values.integer(2**20, 2**50),
        "Bytes of messages in quarantine; beyond it the oldest of the most frequent reason go, and are counted.",
        group="Records",
    )
    quarantine_days: int = _setting(
        "SCOUTER_QUARANTINE_DAYS",
        30,
        values.integer(1, 36_500),
        "Days after which a message leaves quarantine, and is counted.",
        group="Records",
    )
    max_past_days: int = _setting(
        "SCOUTER_MAX_PAST_DAYS",
        365,
        values.integer(1, 36_500),
        "Records older than this are skipped, and counted.",
        group="Records",
    )
    max_features: int = _setting(
        "SCOUTER_MAX_FEATURES",
        1000,
        values.integer(1, 1_000_000),
        "Feature or metric names that one profile may have; records under further names are skipped, and counted.",
        group="Records",
    )
    partition_days_ahead: int = _setting(
        "SCOUTER_PARTITION_DAYS_AHEAD",
        3,
        values.integer(1, 60),
        "Daily partitions made ahead of time.",
        group="Records",
    )
    entity_cache_max_size: int = _setting(
        "ENTITY_CACHE_MAX_SIZE",
        10_000,
        values.integer(1, 10_000_000),
        "Profiles whose identity is kept in memory.",
        group="Records",
    )
    retention_days: int = _setting(
        "DATA_RETENTION_PERIOD",
        30,
        values.integer(1, 36_500),
        "Days after which records leave Postgres for the archive.",
        group="Records",
    )

    # --- processes
    roles: tuple[values.Role, ...] = _setting(
        "SCOUTER_ROLES",
        ("http", "consumers", "background"),
        values.roles,
        "What this process does: http (requests), consumers (brokers), background (maintenance, checks).",
        group="Processes",
    )

    # --- users
    default_username: str = _setting(
        "SCOUTER_DEFAULT_USERNAME",
        "admin",
        values.username,
        "Name of the admin made at the first start.",
        group="Users",
    )
    default_password: str | None = _setting(
        "SCOUTER_DEFAULT_PASSWORD",
        None,
        values.secret,
        "That admin's password.",
        group="Users",
        shown_default="`admin` with the embedded database, else generated and shown once",
    )
    guest_access: Literal["off", "read", "write"] | None = _setting(
        "SCOUTER_GUEST_ACCESS",
        None,
        values.guest_access,
        "Make the user guest/guest at the first start: off, read or write.",
        group="Users",
        shown_default="write with the embedded database, else off",
    )
    encrypt_secret: str | None = _setting(
        "SCOUTER_ENCRYPT_SECRET",
        None,
        values.signing_secret,
        "The HS256 key of access tokens, 32 bytes or more.",
        group="Users",
        shown_default="generated once and kept in the database",
    )
    refresh_secret: str | None = _setting(
        "SCOUTER_REFRESH_SECRET",
        None,
        values.signing_secret,
        "Accepted for compatibility; there are no refresh tokens.",
        group="Users",
    )
    bootstrap_key: str | None = _setting(
        "SCOUTER_BOOTSTRAP_KEY",
        None,
        values.bootstrap_key,
        "Key of the bootstrap header that may create users, 16 bytes or more; unset: that way in is off.",
        group="Users",
    )

    # --- logs
    log_level: str = _setting(
        "LOG_LEVEL",
        "info",
        values.choice("debug", "info", "warn", "warning", "error"),
        "How much to log.",
        group="Logs",
    )
    log_json: bool = _setting("LOG_JSON", False, values.boolean, "One JSON object a line.", group="Logs")

    # --- checks and alerts
    polling_worker_count: int = _setting(
        "POLLING_WORKER_COUNT",
        4,
        values.integer(0, 1000),
        "Workers that check profiles; 0: this server checks none.",
        group="Checks and alerts",
    )
    max_retries: int = _setting(
        "MAX_RETRIES",
        3,
        values.integer(1, 1000),
        "Tries of a failing check, after which its window is written down as failed.",
        group="Checks and alerts",
    )
    window_grace_seconds: float = _setting(
        "SCOUTER_WINDOW_GRACE_SECONDS",
        60.0,
        values.seconds(0, 86_400),
        "How long a check waits for the last records of its window.",
        group="Checks and alerts",
    )
    late_days: int = _setting(
        "SCOUTER_LATE_DAYS",
        7,
        values.integer(0, 365),
        "Windows this recent are checked again when records arrive late.",
        group="Checks and alerts",
    )
    check_lease_seconds: float = _setting(
        "SCOUTER_CHECK_LEASE_SECONDS",
        60.0,
        values.seconds(1, 86_400),
        "After this a profile that a killed server was at work on is taken over.",
        group="Checks and alerts",
    )
    run_days: int = _setting(
        "SCOUTER_RUN_DAYS",
        90,
        values.integer(1, 36_500),
        "Days for which the history of checks and of deliveries is kept.",
        group="Checks and alerts",
    )
    slack_app_token: str | None = _setting(
        "SLACK_APP_TOKEN", None, values.secret, "Slack token; with SLACK_API_URL.", group="Checks and alerts"
    )
    slack_api_url: str | None = _setting(
        "SLACK_API_URL", None, values.http_url, "Slack, usually https://slack.com/api.", group="Checks and alerts"
    )
    opsgenie_api_key: str | None = _setting(
        "OPSGENIE_API_KEY", None, values.secret, "OpsGenie key; with OPSGENIE_API_URL.", group="Checks and alerts"
    )
    opsgenie_api_url: str | None = _setting(
        "OPSGENIE_API_URL", None, values.http_url, "OpsGenie's alerts address, as given.", group="Checks and alerts"
    )
    webhook_url: str | None = _setting(
        "SCOUTER_WEBHOOK_URL", None, values.secret_url, "Receives every alert as JSON.", group="Checks and alerts"
    )
    webhook_secret: str | None = _setting(
        "SCOUTER_WEBHOOK_SECRET",
        None,
        values.secret,
        "Key of the signature that the webhook's messages carry.",
        group="Checks and alerts",
    )
    alert_timeout_seconds: float = _setting(
        "SCOUTER_ALERT_TIMEOUT_SECONDS",
        10.0,
        values.seconds(0.1, 300),
        "How long a service may take to answer an alert.",
        group="Checks and alerts",
    )
    delivery_workers: int = _setting(
        "SCOUTER_DELIVERY_WORKERS",
        4,
        values.integer(0, 100),
        "Threads that deliver alerts, shared out evenly between the four channels; 0: this server delivers none.",
        group="Checks and alerts",
    )
    delivery_attempts: int = _setting(
        "SCOUTER_DELIVERY_ATTEMPTS",
        10,
        values.integer(1, 100),
        "Tries after which an alert that cannot be delivered is given up, and counted.",
        group="Checks and alerts",
    )
    delivery_max_age_hours: int = _setting(
        "SCOUTER_DELIVERY_MAX_AGE_HOURS",
        24,
        values.integer(1, 8760),
        "Age at which it is given up in any case.",
        group="Checks and alerts",
    )

    # --- retention
    alert_days: int = _setting(
        "SCOUTER_ALERT_DAYS",
        365,
        values.integer(1, 36_500),
        "Days after which an alert is deleted, whatever its state.",
        group="Retention",
    )
    observability_days: int = _setting(
        "SCOUTER_OBSERVABILITY_DAYS",
        60,
        values.integer(1, 36_500),
        "Days for which request metrics are kept.",
        group="Retention",
    )
    archive_days: int | None = _setting(
        "SCOUTER_ARCHIVE_DAYS",
        None,
        values.integer(1, 36_500),
        "Days after which records leave the archive too.",
        group="Retention",
        shown_default="kept for ever",
    )

    # --- archive
    storage_uri: str = _setting(
        "SCOUTER_STORAGE_URI",
        "./scouter_storage",
        values.storage_uri,
        "Where the archive goes: a path, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix.",
        group="Archive",
    )
    aws_region: str = _setting(
        "AWS_REGION", "us-east-1", values.text, "Region of S3 (or AWS_DEFAULT_REGION).", group="Archive"
    )
    aws_endpoint_url: str | None = _setting(
        "AWS_ENDPOINT_URL",
        None,
        values.plain_url,
        "A service that speaks S3's protocol (or AWS_ENDPOINT_URL_S3).",
        group="Archive",
    )
    archive_every_seconds: float = _setting(
        "SCOUTER_ARCHIVE_EVERY_SECONDS",
        3600.0,
        values.seconds(1, 604_800),
        "Time between two passes of the archiver.",
        group="Archive",
    )
    archive_reads: int = _setting(
        "SCOUTER_ARCHIVE_READS",
        4,
        values.integer(1, 100),
        "Requests that read the archive at once; others wait, and are answered 503 after SCOUTER_ARCHIVE_SECONDS.",
        group="Archive",
    )
    archive_seconds: float = _setting(
        "SCOUTER_ARCHIVE_SECONDS",
        30.0,
        values.seconds(1, 3600),
        "How long a chart may wait for the archive.",
        group="Archive",
    )
    google_account_json: str | None = _setting(
        "GOOGLE_ACCOUNT_JSON_BASE64",
        None,
        values.secret_base64,
        "JSON key of a Google service account, in base64.",
        group="Archive",
        shown_default="application default credentials",
    )
    storage_emulator_host: str | None = _setting(
        "STORAGE_EMULATOR_HOST", None, values.plain_url, "An emulator in place of Google's storage.", group="Archive"
    )
    azure_storage_account: str | None = _setting(
        "AZURE_STORAGE_ACCOUNT_NAME", None, values.text, "Azure account (or AZURE_STORAGE_ACCOUNT).", group="Archive"
    )
    azure_storage_key: str | None = _setting(
        "AZURE_STORAGE_ACCOUNT_KEY", None, values.secret, "Azure key (or AZURE_STORAGE_KEY).", group="Archive"
    )
    azure_sas_token: str | None = _setting(
        "AZURE_STORAGE_SAS_TOKEN", None, values.secret, "Azure SAS token, in place of a key.", group="Archive"
    )
    azure_connection_string: str | None = _setting(
        "AZURE_STORAGE_CONNECTION_STRING",
        None,
        values.secret,
        "Azure account, key or SAS token and endpoint in one, in place of the others.",
        group="Archive",
    )

    # --- Kafka
    kafka_brokers: tuple[str, ...] = _setting(
        "KAFKA_BROKERS", (), values.comma_list, "host:port, separated by commas. Unset: off.", group="Kafka"
    )
    kafka_worker_count: int = _setting(
        "KAFKA_WORKER_COUNT", 3, values.integer(1, 1000), "Consumer threads.", group="Kafka"
    )
    kafka_topics: tuple[str, ...] = _setting(
        "KAFKA_TOPIC", ("scouter_monitoring",), values.comma_list, "Topics, separated by commas.", group="Kafka"
    )
    kafka_group: str = _setting("KAFKA_GROUP", "scouter", values.text, "Consumer group.", group="Kafka")
    kafka_offset_reset: str = _setting(
        "KAFKA_OFFSET_RESET",
        "earliest",
        values.choice("earliest", "latest"),
        "Where to begin without a stored offset.",
        group="Kafka",
    )
    kafka_username: str | None = _setting("KAFKA_USERNAME", None, values.text, "SASL user.", group="Kafka")
    kafka_password: str | None = _setting("KAFKA_PASSWORD", None, values.secret, "SASL password.", group="Kafka")
    kafka_security_protocol: str = _setting(
        "KAFKA_SECURITY_PROTOCOL",
        "SASL_SSL",
        values.choice("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        "Used when a user is set.",
        group="Kafka",
    )
    kafka_sasl_mechanism: str = _setting(
        "KAFKA_SASL_MECHANISM",
        "PLAIN",
        values.choice("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
        "Used when a user is set.",
        group="Kafka",
    )
    kafka_cert_location: Path | None = _setting(
        "KAFKA_CERT_LOCATION", None, values.path, "CA certificates.", group="Kafka"
    )

    # --- RabbitMQ
    rabbitmq_addr: str | None = _setting(
        "RABBITMQ_ADDR", None, values.amqp_url, "amqp://user:password@host:5672/%2f. Unset: off.", group="RabbitMQ"
    )
    rabbitmq_consumer_count: int = _setting(
        "RABBITMQ_CONSUMER_COUNT", 3, values.integer(1, 1000), "Consumer threads.", group="RabbitMQ"
    )
    rabbitmq_prefetch_count: int = _setting(
        "RABBITMQ_PREFETCH_COUNT", 10, values.integer(1, 65_535), "Messages in hand per consumer.", group="RabbitMQ"
    )
    rabbitmq_queues: tuple[str, ...] = _setting(
        "RABBITMQ_QUEUE", ("scouter_monitoring",), values.comma_list, "Queues, separated by commas.", group="RabbitMQ"
    )
    rabbitmq_consumer_tag: str = _setting(
        "RABBITMQ_CONSUMER_TAG", "scouter", values.text, "Consumer tag.", group="RabbitMQ"
    )
    rabbitmq_cert_location: Path | None = _setting(
        "RABBITMQ_CERT_LOCATION", None, values.path, "CA certificates, for amqps.", group="RabbitMQ"
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read every variable. Raises `StartRefused` with all wrong values at once."""
        chosen: dict[str, Any] = {}
        problems: list[str] = []
        for field in dataclasses.fields(cls):
            _read(field, environment, chosen, problems)
        problems += _unsupported(environment)
        if not problems:
            settings = cls(**chosen)
            problems += contradictions(settings)
        if problems:
            raise StartRefused(problems)
        return settings


# Variables of the reference that do not fit one field: other spellings, and those that mean nothing here.
ALIASES = {
    "AWS_REGION": "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL": "AWS_ENDPOINT_URL_S3",
    "AZURE_STORAGE_ACCOUNT_NAME": "AZURE_STORAGE_ACCOUNT",
    "AZURE_STORAGE_ACCOUNT_KEY": "AZURE_STORAGE_KEY",
}
WITHOUT_EFFECT = {
    "SERVER_RECORD_CONSUMER_WORKERS": "one writer groups the messages of all requests",
    "HTTP_CONSUMER_WORKER_COUNT": "one writer groups the messages of all requests",
    "TRACE_CONSUMER_WORKERS": "there are no traces here",
    "TAG_CONSUMER_WORKERS": "tags are stored by the request itself",
    "SCOUTER_GRPC_PORT": "there is no gRPC here",
    "SCOUTER_TRACE_COMPACTION_INTERVAL_HOURS": "there are no traces here",
    "SCOUTER_TRACE_FLUSH_INTERVAL_SECS": "there are no traces here",
    "SCOUTER_TRACE_REFRESH_INTERVAL_SECS": "there are no traces here",
    "SCOUTER_TRACE_BUFFER_SIZE": "there are no traces here",
    "SCOUTER_OBJECT_CACHE_MB": "there are no traces here",
    "SCOUTER_DATASET_FLUSH_INTERVAL_SECS": "there are no datasets here",
}
# The published client reads these in the same environment; they are not ours and no mistake.
CLIENT_VARIABLES = frozenset(
    {
        "SCOUTER_SERVER_URI",
        "SCOUTER_USERNAME",
        "SCOUTER_PASSWORD",
        "SCOUTER_AUTH_TOKEN",
        "SCOUTER_GRPC_URI",
        "SCOUTER_QUEUE_PUBLISH_INTERVAL_SECS",
    }
)


def environment_warnings(environment: Mapping[str, str] = os.environ) -> list[str]:
    """One sentence for each set variable that has no effect or that nobody knows."""
    known = {field.metadata["variable"] for field in dataclasses.fields(Settings)} | CLIENT_VARIABLES
    said = [f"{name} has no effect: {why}" for name, why in WITHOUT_EFFECT.items() if name in environment]
    unknown = sorted(
        name for name in environment if name.startswith("SCOUTER_") and name not in known and name not in WITHOUT_EFFECT
    )
    return said + [f"{name} is not a setting of this server; see --help" for name in unknown]


def settings_table() -> list[tuple[str, str, str, str]]:
    """Every setting as (group, variable, default, why), in the order of the table."""
    rows = []
    for field in dataclasses.fields(Settings):
        shown = field.metadata["shown_default"] or values.show(field.default)
        rows.append((field.metadata["group"], field.metadata["variable"], shown, field.metadata["why"]))
    return rows


def _read(
    field: dataclasses.Field[Any], environment: Mapping[str, str], chosen: dict[str, Any], problems: list[str]
) -> None:
    variable = field.metadata["variable"]
    raw = environment.get(variable) or environment.get(ALIASES.get(variable, variable))
    if not raw:  # an empty variable is how compose files and charts say "not set"
        return
    try:
        chosen[field.name] = field.metadata["parse"](raw)
    except ValueError as problem:
        shown = "" if field.metadata["parse"] in values.SECRET_PARSERS else f" {raw!r}"
        problems.append(f"{variable}{shown} is not accepted: expected {problem}")


def _unsupported(environment: Mapping[str, str]) -> list[str]:
    if environment.get("REDIS_ADDR"):
        return ["REDIS_ADDR is set, but Redis is not supported; send over HTTP, Kafka or RabbitMQ and unset it"]
    return []
