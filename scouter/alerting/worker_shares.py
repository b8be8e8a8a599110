"""Workers shared out between channels, so that one that hangs cannot hold them all."""

from __future__ import annotations

import threading
from collections import Counter

from scouter.wire.notifications import ChannelName


class WorkerShares:
    """Each channel may occupy its even share of the workers, and at least one.

    With as many workers as channels or more, no channel ever waits for another; with fewer, two may share a worker.
    """

    def __init__(self, workers: int) -> None:
        self._share = max(workers // len(ChannelName), 1)
        self._lock = threading.Lock()
        self._occupied: Counter[ChannelName] = Counter()

    def open(self) -> list[ChannelName]:
        """The channels that may occupy one more worker."""
        with self._lock:
            return [channel for channel in ChannelName if self._occupied[channel] < self._share]

    def occupy(self, channel: ChannelName) -> None:
        with self._lock:
            self._occupied[channel] += 1

    def leave(self, channel: ChannelName) -> None:
        with self._lock:
            self._occupied[channel] -= 1
