"""A server that may open nothing more: whoever connects waits, and finds everything well when it may again."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.conditions import eventually, probe
from tests.drills.descriptors import nothing_more_to_open
from tests.http_client import HttpClient
from tests.integration.whole_server import stamp
from tests.profile_documents import registration, spc_profile
from tests.server_process import PreparedServer

_SECONDS = 5.0  # longer than it takes to believe that the database is away
_CANNOT = "cannot take another connection"


def processor_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_without_descriptors_it_waits_says_so_now_and_then_and_is_well_afterwards(tmp_path: Path) -> None:
    with PreparedServer(tmp_path) as server:
        client = HttpClient(server.url).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        used = processor_seconds(server.pid)
        with nothing_more_to_open(server.pid):
            waiting = HttpClient(server.url)
            waiting._connection.connect()  # the kernel takes it
            time.sleep(_SECONDS)
            assert client.get("/livez").status == 200, "a connection that is open is served"
        assert 1 <= server.log.count(_CANNOT) <= _SECONDS + 2
        assert processor_seconds(server.pid) - used < _SECONDS / 2, "it rests in between"
        assert waiting.get("/livez").status == 200
        record = {"created_at": stamp(), "uid": uid, "feature": "f0", "value": 1.0}
        assert client.post("/scouter/message", {"records": [{"Spc": record}]}).status == 200
        eventually(lambda: client.get("/scouter/ledger").body["total"]["stored"] == 1)
        eventually(lambda: all(part["ok"] for part in probe(server.url).body["parts"].values()), seconds=70)
