"""Where old records go, and how they are read there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    title: ClassVar[str] = "Archive"

    storage_uri: str = setting(
        "SCOUTER_STORAGE_URI",
        "./scouter_storage",
        values.storage_uri,
        "Where the archive goes: a path, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix.",
    )
    aws_region: str = setting("AWS_REGION", "us-east-1", values.text, "Region of S3 (or AWS_DEFAULT_REGION).")
    aws_endpoint_url: str | None = setting(
        "AWS_ENDPOINT_URL", None, values.plain_url, "A service that speaks S3's protocol (or AWS_ENDPOINT_URL_S3)."
    )
    every_seconds: float = setting(
        "SCOUTER_ARCHIVE_EVERY_SECONDS", 3600.0, values.seconds(1, 604_800), "Time between two passes of the archiver."
    )
    max_reads: int = setting(
        "SCOUTER_ARCHIVE_READS",
        4,
        values.integer(1, 100),
        "Requests that read the archive at once; others wait, and are answered 503 after SCOUTER_ARCHIVE_SECONDS.",
    )
    read_seconds: float = setting(
        "SCOUTER_ARCHIVE_SECONDS", 30.0, values.seconds(1, 3600), "How long a chart may wait for the archive."
    )
    google_account_json: str | None = setting(
        "GOOGLE_ACCOUNT_JSON_BASE64",
        None,
        values.secret_base64,
        "JSON key of a Google service account, in base64.",
        shown_default="application default credentials",
    )
    storage_emulator_host: str | None = setting(
        "STORAGE_EMULATOR_HOST", None, values.plain_url, "An emulator in place of Google's storage."
    )
    azure_storage_account: str | None = setting(
        "AZURE_STORAGE_ACCOUNT_NAME", None, values.text, "Azure account (or AZURE_STORAGE_ACCOUNT)."
    )
    azure_storage_key: str | None = setting(
        "AZURE_STORAGE_ACCOUNT_KEY", None, values.secret, "Azure key (or AZURE_STORAGE_KEY)."
    )
    azure_sas_token: str | None = setting(
        "AZURE_STORAGE_SAS_TOKEN", None, values.secret, "Azure SAS token, in place of a key."
    )
    azure_connection_string: str | None = setting(
        "AZURE_STORAGE_CONNECTION_STRING",
        None,
        values.secret,
        "Azure account, key or SAS token and endpoint in one, in place of the others.",
    )
