"""Many clients that all want the same thing of a server that is not messages, each again and again until it is enough.

    python -m tests.drills.crowd KIND CLIENTS PORT TOKEN UID

Who is answered 503 comes again when it is told to. Ends when its input does, and prints how often each status was
answered, as JSON. In a process of its own: it must not
take the interpreter from whoever measures.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.http_client import Answer, HttpClient
from tests.server_process import ROOT

_WINDOW = {"time_interval": "SevenDays"}
_NO_ANSWER = (OSError, http.client.HTTPException)
_END_SECONDS = 90.0  # an export that waited in the line, and was then read

Ask = Callable[[HttpClient, str], Answer]


def guess_a_password(client: HttpClient, _: str) -> Answer:
    return client.get("/scouter/auth/login")


def try_an_alert(client: HttpClient, uid: str) -> Answer:
    return client.post("/scouter/alerts/test", {"uid": uid})


def export_records(client: HttpClient, uid: str) -> Answer:
    return client.get("/scouter/records/spc", uid=uid, **_WINDOW)


def draw_a_chart(client: HttpClient, uid: str) -> Answer:
    return client.get("/scouter/drift/spc", uid=uid, max_data_points=100, **_WINDOW)


KINDS: dict[str, Ask] = {
    "passwords": guess_a_password,
    "trials": try_an_alert,
    "exports": export_records,
    "charts": draw_a_chart,
}


class Crowd:
    """Asks from entry to exit."""

    def __init__(self, kind: str, clients: int, *, port: int, token: str, uid: str) -> None:
        self.kind = kind
        self.statuses: Counter[str] = Counter()
        self._command = [sys.executable, "-m", "tests.drills.crowd", kind, str(clients), str(port), token, uid]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        told, _ = self._process.communicate(timeout=_END_SECONDS)
        self.statuses.update(json.loads(told or "{}"))


def main() -> None:
    kind, clients, port, token, uid = sys.argv[1:]
    statuses: Counter[str] = Counter()
    enough = threading.Event()
    threads = [
        threading.Thread(target=_ask, args=(KINDS[kind], _client(kind, port, token), uid, statuses, enough))
        for _ in range(int(clients))
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    enough.set()
    for thread in threads:
        thread.join()
    print(json.dumps(statuses))


def _client(kind: str, port: str, token: str) -> HttpClient:
    client = HttpClient(f"http://127.0.0.1:{port}", password="a guess" if kind == "passwords" else "admin")
    client.token = None if kind == "passwords" else token
    return client


def _ask(ask: Ask, client: HttpClient, uid: str, statuses: Counter[str], enough: threading.Event) -> None:
    while not enough.is_set():
        try:
            answer = ask(client, uid)
            statuses[str(answer.status)] += 1
            if answer.status == 503:  # whoever is told when to come again does so; who guesses does not listen
                enough.wait(float(answer.headers["Retry-After"]))
        except _NO_ANSWER as problem:
            statuses[type(problem).__name__] += 1
            client.close()


if __name__ == "__main__":
    main()
