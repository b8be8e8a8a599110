"""A numbered sender in a process of its own, as a drill holds it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.drills import sent_messages
from tests.drills.sender_order import SenderOrder
from tests.drills.sent_messages import SentMessage
from tests.server_process import ROOT

_GRACE_SECONDS = 30.0  # beyond the time it gives to the last answers


class SenderProcess:
    """Sends from the moment it is made until `stop`, or until it has sent what it was told to."""

    def __init__(self, name: str, order: SenderOrder, directory: Path) -> None:
        self.name = name
        self.order = order
        self._ledger = directory / f"{name}.csv"
        self._ledger.touch()
        self._read_up_to, self._answered = 0, 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.drills.numbered_sender", str(self._ledger)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(order.line())
        self._process.stdin.flush()
        self.summary: dict[str, Any] = {}

    @property
    def answered(self) -> int:
        """How many of its messages are done with."""
        with self._ledger.open("rb") as lines:
            lines.seek(self._read_up_to)
            fresh = lines.read()
        self._read_up_to += len(fresh)
        self._answered += fresh.count(b"\n")
        return self._answered

    @property
    def messages(self) -> list[SentMessage]:
        return list(sent_messages.read(self._ledger))

    def wait_for(self, answered: int, *, seconds: float = 30) -> None:
        """Return when so many messages are done with."""
        deadline = time.monotonic() + seconds
        while self.answered < answered:
            assert self._process.poll() is None, f"sender {self.name} ended with {self._process.returncode}"
            assert time.monotonic() < deadline, f"sender {self.name}: {self._answered} of {answered} messages answered"
            time.sleep(0.02)

    def wait_until_done(self, seconds: float) -> None:
        """Return when it has sent all that it was told to, and has the answers."""
        self._process.wait(seconds)
        self.stop()

    def stop(self) -> None:
        """It waits for its last answers, and with keys sends again until it has them. Call it with the server up."""
        if self.summary:
            return
        said, _ = self._process.communicate(timeout=self.order.answer_seconds + _GRACE_SECONDS)
        self.summary = json.loads(said)

    def kill(self) -> None:
        """For a drill that failed half-way."""
        self._process.kill()
        self._process.communicate()
