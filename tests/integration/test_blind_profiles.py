"""Records that come and cannot be checked: three windows in a row are a problem, and one that can be is its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.test_problems import Watched, quiet_settings
from tests.profile_documents import psi_profile, registration

FEW, ENOUGH = 10, 1000  # observations; of 4 bins more than 40 are needed


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(quiet_settings(database, tmp_path, SCOUTER_ROLES="http"))
    running.start()
    yield running
    running.stop()


class Psi(Watched):
    def register_psi(self) -> str:
        profile = psi_profile()
        profile["config"]["alert_config"]["schedule"] = "* * * * * *"
        return str(self.admin.post("/scouter/profile", registration(profile, active=True)).body["uid"])

    def observes(self, uid: str, observations: int) -> None:
        """One window with so many of them, evenly over the bins."""
        if observations:
            now = datetime.now(UTC).isoformat()
            counts = [
                {"Psi": {"created_at": now, "uid": uid, "feature": "f0", "bin_id": n, "bin_count": observations // 4}}
                for n in range(1, 5)
            ]
            assert self.admin.post("/scouter/message", {"records": counts}).body["stored"] == 4
        self.window(uid, None)


def test_what_cannot_be_checked_three_times_in_a_row_is_told_until_it_can_be(
    admin: HttpClient, pool: Pool, server: Server
) -> None:
    psi = Psi(admin, pool, server._settings)
    psi.query("UPDATE alert_policy SET document = '{}' WHERE space IS NULL AND entity_id IS NULL")
    uid = psi.register_psi()
    for observations in (FEW, FEW, ENOUGH, FEW, 0, FEW):
        psi.observes(uid, observations)
    assert psi.problems() == [("blind", "f0", "", "pending", 1)]
    psi.observes(uid, FEW)
    assert psi.problems() == [("blind", "f0", "", "firing", 1)]
    (message,) = psi.speak()
    assert "f0 of m 0.1.0: records come, but cannot be checked" in message["text"]
    psi.deliver()
    psi.observes(uid, 0)
    assert psi.speak() == []
    psi.observes(uid, ENOUGH)
    assert [each["kind"] for each in psi.speak()] == ["resolved"]
