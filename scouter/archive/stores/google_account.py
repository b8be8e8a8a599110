"""The Google service account of GOOGLE_ACCOUNT_JSON_BASE64, and whether DataFusion can use what there is instead."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from scouter.errors import StartRefused
from scouter.settings.archive import ArchiveSettings

_NEEDED = {"client_email", "private_key", "private_key_id"}


def google_account(settings: ArchiveSettings) -> dict[str, Any] | None:
    """None: the application default credentials are used. Raises `StartRefused` for what cannot work."""
    if settings.google_account_json is None:
        _check_default_file()
        return None
    return _service_account(base64.b64decode(settings.google_account_json), "GOOGLE_ACCOUNT_JSON_BASE64")


def _check_default_file() -> None:
    """DataFusion reads with a service account's key, gcloud's own file or the metadata server; nothing else."""
    path = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if not path:
        return
    try:
        content = Path(path).read_bytes()
    except OSError as problem:
        raise StartRefused([f"GOOGLE_APPLICATION_CREDENTIALS: {problem.strerror}: {path}"]) from None
    _service_account(content, "GOOGLE_APPLICATION_CREDENTIALS")


def _service_account(content: bytes, variable: str) -> dict[str, Any]:
    try:
        account = json.loads(content)
    except ValueError:
        account = None
    if not isinstance(account, dict) or not account.keys() >= _NEEDED:
        raise StartRefused([f"{variable} is not accepted: expected the JSON key of a Google service account"])
    _check_key(account, variable)
    return account


def _check_key(account: dict[str, Any], variable: str) -> None:
    from google.oauth2 import service_account  # costs time and memory: only for an archive at Google's

    try:
        service_account.Credentials.from_service_account_info(account)  # type: ignore[no-untyped-call]
    except ValueError:
        raise StartRefused([f"{variable} is not accepted: its private key or token_uri cannot be used"]) from None
