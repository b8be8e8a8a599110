"""A server for a moment, which archives records of old days, and reads them back for a chart and a Parquet file."""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import socket
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from scouter.commands import archive
from scouter.server import Server
from scouter.settings.settings import Settings

_VALUES = {4: 1.0, 3: 2.0}  # by age in days
_STAMP = "2026-01-01T00:00:00.000000000Z"
_PASSWORD = base64.urlsafe_b64encode(os.urandom(12)).decode()


class _Admin:
    def __init__(self, address: str) -> None:
        self._host = address.removeprefix("http://")
        self._headers = {"username": "admin", "password": _PASSWORD, "content-type": "application/json"}
        self._headers["authorization"] = f"Bearer {self.asked('GET', '/scouter/auth/login')['token']}"

    def asked(self, method: str, target: str, body: object = None) -> Any:
        """What was answered. Raises RuntimeError for anything but success."""
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request(method, target, None if body is None else json.dumps(body), self._headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{method} {target} answered {answer.status}: {content[:1000]!r}")
        return json.loads(content) if answer.headers.get_content_type() == "application/json" else content


def archived_and_charted() -> None:
    """Raises what goes wrong. Leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="self-check-") as made:
        Path(made).chmod(0o711)  # as root, Postgres is another account
        settings = Settings.from_environment(_environment(Path(made)))
        server = Server(settings)
        server.start()
        try:
            _use(_Admin(server.address), settings)
        finally:
            server.stop()


def _environment(directory: Path) -> Mapping[str, str]:
    return {
        "DATABASE_URI": "embedded",
        "DATA_RETENTION_PERIOD": "1",
        "SCOUTER_DATA_DIR": str(directory / "data"),
        "SCOUTER_DEFAULT_PASSWORD": _PASSWORD,
        "SCOUTER_SERVER_PORT": str(_free_port()),
        "SCOUTER_STORAGE_URI": str(directory / "archive"),
    }


def _free_port() -> int:
    """The next one is for metrics."""
    while True:
        with socket.socket() as one, socket.socket() as next_one:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            try:
                next_one.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def _use(admin: _Admin, settings: Settings) -> None:
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    uid = admin.asked("POST", "/scouter/profile", _registration())["uid"]
    records = [
        {"Spc": {"uid": uid, "feature": "x", "value": value, "created_at": (noon - timedelta(days=age)).isoformat()}}
        for age, value in _VALUES.items()
    ]
    admin.asked("POST", "/scouter/message", {"records": records})
    if archive.run(argparse.Namespace(dry_run=False), settings) != 0:
        raise RuntimeError("the archive pass failed")
    window = {
        "start_custom_datetime": (noon - timedelta(days=5)).isoformat(),
        "end_custom_datetime": (noon - timedelta(days=2)).isoformat(),
    }
    asked = {"uid": uid, "space": "self", "time_interval": "Custom", "max_data_points": 10, **window}
    charted = admin.asked("GET", f"/scouter/drift/spc?{urlencode(asked)}")["features"]["x"]["values"]
    if sorted(charted) != sorted(_VALUES.values()):
        raise RuntimeError(f"the chart of archived days has {charted}")
    if not admin.asked("GET", f"/scouter/records/spc?{urlencode({'uid': uid, 'space': 'self', **window})}"):
        raise RuntimeError("the Parquet file of archived days is empty")


def _registration() -> Mapping[str, object]:
    limits = {"center": 0.0, "one_ucl": 1.0, "one_lcl": -1.0, "two_ucl": 2.0, "two_lcl": -2.0}
    feature = {"id": "x", **limits, "three_ucl": 3.0, "three_lcl": -3.0, "timestamp": _STAMP}
    alerts = {
        "rule": {"rule": "8 16 4 8 2 4 1 1", "zones_to_monitor": ["Zone4"]},
        "schedule": "0 0 0 * * *",
        "features_to_monitor": ["x"],
        "dispatch_config": {"Console": {"enabled": True}},
    }
    named = {"space": "self", "name": "check", "version": "0.1.0", "uid": "", "drift_type": "Spc"}
    config = {"sample_size": 25, "sample": True, **named, "alert_config": alerts, "feature_map": {"features": {}}}
    profile = {"features": {"x": feature}, "config": config, "scouter_version": "0.25.0"}
    return {"space": "self", "drift_type": "Spc", "profile": json.dumps(profile)}
