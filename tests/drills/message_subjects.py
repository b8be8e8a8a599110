"""Profiles of a few spaces whose data drifts for a while and is good again, so that problems come and go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.drills.subjects import PERIOD_SECONDS, Subject
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

SPACES = ("north", "south", "west")
SLACK_CHANNEL = "#drift"
_MAKERS = {"Spc": spc_profile, "Psi": psi_profile, "Custom": custom_profile}


@dataclass(frozen=True)
class ChangingSubject(Subject):
    """Drifts from `begins` seconds on for `lasts` seconds, and again after as long a pause. 0: it never changes."""

    begins: float = 0.0
    lasts: float = 0.0

    def records(self, created_at: str) -> list[dict[str, Any]]:
        since = datetime.fromisoformat(created_at).timestamp() - self.begins
        drifts = since % (2 * self.lasts) < self.lasts if self.lasts else self.drifts
        return Subject.records(replace(self, drifts=drifts, lasts=0.0) if self.lasts else self, created_at)


def register(client: HttpClient, profiles: int, *, lasts: float, policy: dict[str, Any]) -> list[Subject]:
    """Types in turn, all spaces alike. Of four profiles one always drifts, one never, and two do at times."""
    for space in SPACES:
        reply = client.put("/scouter/alerts/policy", {"space": space, "policy": policy})
        assert reply.status == 200, reply
    return [_registered(client, number, lasts) for number in range(profiles)]


def _registered(client: HttpClient, number: int, lasts: float) -> Subject:
    kind = ("Spc", "Psi", "Custom")[number % 3]
    document = _MAKERS[kind](space=SPACES[number // 3 % len(SPACES)], name=f"model-{number}")
    document["config"]["alert_config"] |= {
        "schedule": f"{number % PERIOD_SECONDS}/{PERIOD_SECONDS} * * * * *",
        "dispatch_config": {"Slack": {"channel": SLACK_CHANNEL}},
    }
    reply = client.post("/scouter/profile", registration(document, active=True))
    assert reply.status == 200, reply
    changes = number % 4 >= 2
    return ChangingSubject(kind, str(reply.body["uid"]), number % 4 == 0, float(number), lasts if changes else 0.0)
