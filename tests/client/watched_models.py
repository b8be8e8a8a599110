"""Models that are checked every two seconds: one whose data drifts and one whose data stays as in training."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from tests.client.application import expected_counts, training_colors, training_columns
from tests.client.client_session import ClientSession
from tests.http_client import HttpClient
from tests.server_process import ServerProcess

SPACE = "wätch a & b"
EVERY_TWO_SECONDS = "*/2 * * * * *"
SAMPLE = 2
PSI_BATCH = 1000  # the client publishes as many at once; the training data has as many rows
ALLOWANCE, DRIFTED_MAE = 0.5, 3.0

SLACK_CHANNEL, OPSGENIE_TEAM = "#drift", "mätch"
DISPATCH: Mapping[str, Mapping[str, object]] = {
    "Spc": {"Slack": {"channel": SLACK_CHANNEL}},
    "Psi": {"OpsGenie": {"team": OPSGENIE_TEAM, "priority": "P2"}},
    "Custom": {},  # the console
}
DRIFTED = {"Spc": "f0", "Psi": "f0", "Custom": "mae"}  # what drifts in each; everything else does not

Item = dict[str, float | str]
_Found = TypeVar("_Found")


@dataclass
class WatchedModels:
    """What one client registers, inserts, and reads. Profiles go by `drifting Spc`, `steady Psi` and so on."""

    client: ClientSession
    server: ServerProcess
    named: str
    http: HttpClient = field(init=False)
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def log(self) -> str:
        return f"{self.client.log}\n{self.server.log}"

    def begin(self) -> None:
        """Register, activate, open a queue."""
        self.http = HttpClient(self.server.url).login()
        self.client.ask("log_in", url=self.server.url, username="admin", password="admin")
        for behaviour in ("drifting", "steady"):
            for drift_type in DISPATCH:
                self._register(f"{behaviour} {drift_type}", drift_type)
        self.client.ask("open_queue", profiles=list(self.registered))

    def insert(self, alias: str) -> None:
        """One sample or batch."""
        drifting, drift_type = alias.startswith("drifting"), alias.split()[1]
        items = _ITEMS[drift_type](drifting)
        self.client.ask("insert", profile=alias, **{"metrics" if drift_type == "Custom" else "features": items})

    def name(self, alias: str) -> str:
        return str(self.registered[alias]["name"])

    def profile(self, alias: str) -> str:
        """As notifications name it."""
        return f"{SPACE}/{self.name(alias)}/{self.registered[alias]['version']}"

    def alerts(self, alias: str, *, active: bool | None = None) -> list[dict[str, Any]]:
        """As the client hands them out."""
        found: list[dict[str, Any]] = self.client.ask("alerts", profile=alias, active=active)
        return found

    def runs(self, alias: str, **wanted: object) -> list[dict[str, Any]]:
        """Those that saw records, newest first."""
        drift_type = alias.split()[1]
        named = {"space": SPACE, "name": self.name(alias), "version": self.registered[alias]["version"]}
        answer = self.http.get("/scouter/runs", **named, drift_type=drift_type, limit=500, **wanted)
        assert answer.status == 200, answer
        return [run for run in answer.body["items"] if run["row_count"] > 0]

    def deliveries(self, alias: str) -> dict[str, dict[str, Any]]:
        """The newest by channel."""
        uid = self.wait_for(lambda: self.runs(alias))[0]["uid"]
        answer = self.http.get("/scouter/alerts/deliveries", uid=uid)
        assert answer.status == 200, answer
        return {delivery["channel"]: delivery for delivery in reversed(answer.body["items"])}

    def wait_for(self, read: Callable[[], _Found], *, seconds: float = 20) -> _Found:
        """What was read once there is something."""
        deadline = time.monotonic() + seconds
        while not (found := read()):
            assert time.monotonic() < deadline, f"nothing after {seconds} s\n{self.log[-6000:]}"
            time.sleep(0.05)
        return found

    def _register(self, alias: str, drift_type: str) -> None:
        of = {"profile": alias, "type": drift_type, "space": SPACE, "name": f"{alias} {self.named}"}
        alerting = {"schedule": EVERY_TWO_SECONDS, "dispatch": DISPATCH[drift_type]}
        self.registered[alias] = self.client.ask("register", **of, **_PROFILES[drift_type], **alerting, set_active=True)


def expected_psi(document: Mapping[str, Any]) -> float:
    """Of the feature that drifts, in one batch."""
    counts = expected_counts(_psi_items(drifting=True), document)
    bins = document["features"][DRIFTED["Psi"]]["bins"]
    expected = np.array([one["proportion"] for one in bins])
    observed = np.array([counts[DRIFTED["Psi"], one["id"]] for one in bins]) / PSI_BATCH
    return float(np.sum((expected - observed) * np.log((expected + 1e-10) / (observed + 1e-10))))


def _spc_items(drifting: bool) -> list[Item]:
    return [{"f0": 10.0 if drifting else 0.01, "f1": 0.5}] * SAMPLE


def _psi_items(drifting: bool) -> list[Item]:
    """The training data, in which one feature may have moved."""
    rows = zip(training_columns()["f0"], training_columns()["f1"], training_colors(), strict=True)
    return [{"f0": f0 + 1 if drifting else f0, "f1": f1, "color": color} for f0, f1, color in rows]


def _custom_items(drifting: bool) -> list[Item]:
    return [{"mae": DRIFTED_MAE if drifting else 1.0, "rmse": 1.0}] * SAMPLE


_ITEMS = {"Spc": _spc_items, "Psi": _psi_items, "Custom": _custom_items}
_PROFILES: Mapping[str, Mapping[str, object]] = {
    "Spc": {"columns": training_columns(), "sample_size": SAMPLE},
    "Psi": {"columns": {**training_columns(), "color": training_colors()}, "categorical": ["color"]},
    "Custom": {"columns": {"mae": 1.0, "rmse": 1.0}, "sample_size": SAMPLE},
}
