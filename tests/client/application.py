"""An application under monitoring: what it trains on, what it inserts, and what must come of that.

Each published version plays it, all in one space of one database.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tests.client.client_session import ClientSession
from tests.client.stored_records import StoredCount, StoredValue, stored_counts, stored_values, wait_for
from tests.server_process import ServerProcess

SPACE = "tëam a & b"  # query strings are form-encoded UTF-8
DRIFT_TYPES = ("Spc", "Psi", "Custom")

SPC_SAMPLE = 5
CUSTOM_SAMPLE = 2
METRICS = ("mae", "mape", "rmse", "recall", "f1")
COLORS = ("blue", "green", "red")
PSI_BATCH = 1000  # the client publishes as many at once
PSI_REST = 150  # published at shutdown; enough for a time bin of their own

Item = dict[str, float | str]


@dataclass
class Application:
    """Plays its part in `play`; the rest reads what it did."""

    client_version: str
    client: ClientSession
    server: ServerProcess
    queue: Mapping[str, object] = field(default_factory=dict)  # to which its records go, if not by HTTP
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)
    halfway: datetime = datetime.min.replace(tzinfo=UTC)

    @property
    def name(self) -> str:
        return f"modèl {self.client_version}"

    @property
    def log(self) -> str:
        return f"{self.client.log}\n{self.server.log}"

    def play(self) -> None:
        """Registers, activates, inserts in two halves with `halfway` between them, and shuts the queue down."""
        self.client.ask("log_in", url=self.server.url, username="admin", password="admin")
        self._register()
        self.client.ask("open_queue", profiles=DRIFT_TYPES, **self.queue)
        self._insert(spc=spc_items()[:30], psi=psi_items()[:PSI_BATCH], custom=custom_items()[:10])
        self._wait_for_samples(spc=6, psi=1, custom=5)
        self.halfway = datetime.now(UTC)
        self._insert(spc=spc_items()[30:], psi=psi_items()[PSI_BATCH:], custom=custom_items()[10:])
        self._wait_for_samples(spc=10, psi=1, custom=10)
        time.sleep(0.3)  # 0.6.4 may skip what was inserted just before a shutdown
        self.client.ask("shut_down_queue")
        self._wait_for_samples(spc=10, psi=2, custom=11)

    def values(self, drift_type: str) -> list[StoredValue]:
        return stored_values(
            self.server.conninfo(), drift_type, SPACE, self.name, self.registered[drift_type]["version"]
        )

    def counts(self) -> list[StoredCount]:
        return stored_counts(self.server.conninfo(), SPACE, self.name, self.registered["Psi"]["version"])

    def chart(self, drift_type: str, interval: str, points: int, *window: datetime) -> Any:
        ends = dict(zip(("start", "end"), (end.isoformat() for end in window), strict=False))
        asked = {"profile": drift_type, "type": drift_type, "interval": interval, "points": points}
        return self.client.ask("binned_drift", **asked, **ends)

    def _register(self) -> None:
        of: dict[str, dict[str, object]] = {
            "Spc": {"columns": training_columns(), "sample_size": SPC_SAMPLE},
            "Psi": {"columns": {**training_columns(), "color": training_colors()}, "categorical": ["color"]},
            "Custom": {"columns": dict.fromkeys(METRICS, 1.0), "sample_size": CUSTOM_SAMPLE},
        }
        for drift_type, more in of.items():
            named = {"profile": drift_type, "type": drift_type, "space": SPACE, "name": self.name}
            self.registered[drift_type] = self.client.ask("register", **named, **more, set_active=True)

    def _insert(self, *, spc: list[Item], psi: list[Item], custom: list[Item]) -> None:
        self.client.ask("insert", profile="Spc", features=spc)
        self.client.ask("insert", profile="Psi", features=psi)
        self.client.ask("insert", profile="Custom", metrics=custom)

    def _wait_for_samples(self, *, spc: int, psi: int, custom: int) -> None:
        """Until the records of so many samples are stored."""
        bins = sum(len(feature["bins"]) for feature in self.registered["Psi"]["document"]["features"].values())
        expected = {"Spc": 2 * spc - 1, "Psi": bins * psi, "Custom": len(METRICS) * custom}  # one mean is no number
        wait_for(self._stored, expected, lambda: self.log)

    def _stored(self) -> dict[str, int]:
        return {"Spc": len(self.values("Spc")), "Psi": len(self.counts()), "Custom": len(self.values("Custom"))}


def training_columns() -> dict[str, list[float]]:
    chance = random.Random(1)
    return {"f0": [chance.gauss(0, 1) for _ in range(1000)], "f1": [chance.random() for _ in range(1000)]}


def training_colors() -> list[str]:
    chance = random.Random(2)
    return [chance.choice(COLORS) for _ in range(1000)]


def spc_items() -> list[Item]:
    """Ten samples and three items more, which are never sent. f1 is not a number in the second sample."""
    return [{"f0": number / 3, "f1": float("nan") if number == 7 else -float(number)} for number in range(53)]


def psi_items() -> list[Item]:
    """A batch that is published at once and a rest that has drifted further."""
    chance = random.Random(3)
    return [
        {"f0": chance.gauss(1 if number < PSI_BATCH else 2, 1), "f1": chance.random(), "color": chance.choice(COLORS)}
        for number in range(PSI_BATCH + PSI_REST)
    ]


def custom_items() -> list[Item]:
    """Ten samples and one item more, which shutdown sends."""
    return [{metric: number * (place + 1) / 7 for place, metric in enumerate(METRICS)} for number in range(21)]


def expected_values(items: list[Item], sample: int, *, partial: bool) -> dict[str, list[float]]:
    """The mean of each sample by feature, in order; what is not a number leaves no record."""
    samples = [items[start : start + sample] for start in range(0, len(items), sample)]
    whole = [part for part in samples if partial or len(part) == sample]
    means = {name: [float(np.mean([item[name] for item in part])) for part in whole] for name in items[0]}
    return {name: [mean for mean in row if np.isfinite(mean)] for name, row in means.items()}


def expected_counts(items: list[Item], profile: Mapping[str, Any]) -> dict[tuple[str, int], int]:
    """How many observations of a batch fall into each bin of the profile, by feature and bin id."""
    return {
        (name, one["id"]): count
        for name, feature in profile["features"].items()
        for one, count in zip(feature["bins"], _in_bins([item[name] for item in items], feature["bins"]), strict=True)
    }


def _in_bins(observed: list[float | str], bins: list[dict[str, Any]]) -> list[int]:
    if isinstance(observed[0], str):  # codes are given in the order of the words
        return [observed.count(COLORS[one["id"]]) for one in bins]
    limits = np.array([one["upper_limit"] for one in bins[:-1]])
    within = np.searchsorted(limits, np.array(observed, dtype=float), side="left")  # (lower, upper]
    return [int(np.sum(within == place)) for place in range(len(bins))]
