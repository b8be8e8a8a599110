"""The profiles of a drill: of every type, checked every few seconds, some of them with drifting data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

PERIOD_SECONDS = 5
PSI_BINS = 4
_DRIFTING_EVERY = 4


@dataclass(frozen=True)
class Subject:
    """One profile: its type as in a message, its uid, and whether its data drifts."""

    kind: str
    uid: str
    drifts: bool

    def records(self, created_at: str) -> list[dict[str, Any]]:
        """The records of one message, all of one moment."""
        return [{self.kind: {"created_at": created_at, "uid": self.uid, **values}} for values in self._values()]

    def _values(self) -> list[dict[str, Any]]:
        if self.kind == "Spc":
            return [{"feature": name, "value": 99.0 if self.drifts else 0.0} for name in ("f0", "f1")]
        if self.kind == "Psi":
            counts = [5000 if self.drifts and n == 1 else 100 for n in range(1, PSI_BINS + 1)]
            return [{"feature": "f0", "bin_id": n, "bin_count": count} for n, count in enumerate(counts, start=1)]
        return [{"metric": "mae", "value": 9.0 if self.drifts else 1.0}]


def register(client: HttpClient, profiles: int) -> list[Subject]:
    """Types in turn, the instants of the schedules spread over the period."""
    return [_registered(client, n) for n in range(profiles)]


def _registered(client: HttpClient, number: int) -> Subject:
    kind = ("Spc", "Psi", "Custom")[number % 3]
    make = {"Spc": spc_profile, "Psi": psi_profile, "Custom": custom_profile}[kind]
    document = make(name=f"model-{number}")
    document["config"]["alert_config"]["schedule"] = f"{number % PERIOD_SECONDS}/{PERIOD_SECONDS} * * * * *"
    reply = client.post("/scouter/profile", registration(document, active=True))
    assert reply.status == 200, reply
    return Subject(kind, str(reply.body["uid"]), number % _DRIFTING_EVERY == 0)
