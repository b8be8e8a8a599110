"""The environment beside the settings: other spellings, and variables that mean nothing here."""

from __future__ import annotations

from collections.abc import Collection, Mapping

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


def warnings_of(environment: Mapping[str, str], settings: Collection[str]) -> list[str]:
    """Of set variables: a line about those that have no effect, and one about those that nobody knows.

    `settings`: the names of ours.
    """
    known = {*settings, *CLIENT_VARIABLES, *WITHOUT_EFFECT}
    useless = [f"{name} has no effect: {why}" for name, why in WITHOUT_EFFECT.items() if name in environment]
    unknown = sorted(name for name in environment if name.startswith("SCOUTER_") and name not in known)
    are = "are no settings" if len(unknown) > 1 else "is not a setting"
    said = [f"{', '.join(unknown)} {are} of this server; see --help"] if unknown else []
    return (["; ".join(useless)] if useless else []) + said


def unsupported(environment: Mapping[str, str]) -> list[str]:
    """One sentence for each set variable with which the server must not start."""
    if environment.get("REDIS_ADDR"):
        return ["REDIS_ADDR is set, but Redis is not supported; send over HTTP, Kafka or RabbitMQ and unset it"]
    return []
