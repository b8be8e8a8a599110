"""Whatever arrives, however the archiver ends: every chart and export is that of a database that never archived."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from psycopg.conninfo import make_conninfo

from tests.archiving.passes import Passes
from tests.archiving.records import KINDS, PSI_BINS
from tests.archiving.twins import PROFILES, Sent, Twins
from tests.client.stored_records import StoredCount, StoredValue

_DAYS = 4  # with today: two of them are old enough
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_MANY = 60
_LINES = (50, 1500)  # of the archive's code: from shortly before a pass begins with a part to the fourth or so
# As many as fit into the tests. More of them, and shrinking, which takes minutes: TWINS_EXAMPLES=100.
_EXAMPLES = int(os.environ.get("TWINS_EXAMPLES", "6"))
_PHASES = tuple(Phase) if "TWINS_EXAMPLES" in os.environ else (Phase.reuse, Phase.generate)
_ZONES = [UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=11)), timezone(timedelta(hours=14))]
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def twins(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    names = ["twin_archived", "twin_untouched"]
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template_migrated".encode())
    directory = tmp_path_factory.mktemp("twins")
    conninfos = [make_conninfo(postgres, dbname=name) for name in names]
    with Passes(directory) as passes, Twins(conninfos, directory, passes) as both:
        yield both


def moments() -> st.SearchStrategy[datetime]:
    """From some days ago to tomorrow's first moment, with a liking for the edges of days."""
    edges = [TODAY - _DAY * days + shift for days in range(-1, _DAYS) for shift in (-_MICROSECOND, timedelta(0))]
    anywhere = st.integers(0, _DAYS * 86_400_000_000).map(lambda ago: TODAY + _DAY - timedelta(microseconds=ago))
    whole_hours = st.integers(0, _DAYS * 24).map(lambda ago: TODAY + _DAY - timedelta(hours=ago))
    return st.one_of(st.sampled_from(edges), whole_hours, anywhere)


def values() -> st.SearchStrategy[float]:
    special = [0.0, 0.1, 1.0, -1e-300, 5e-324, 1e9 + 0.1]
    return st.one_of(st.sampled_from(special), st.floats(-1e6, 1e6))


@st.composite
def records(draw: st.DrawFn) -> Sent:
    kind, feature, at = draw(st.sampled_from(KINDS)), draw(st.sampled_from(["f0", "f1"])), draw(moments())
    row: StoredCount | StoredValue
    if kind == "psi":
        row = StoredCount(feature, at, draw(st.integers(1, PSI_BINS)), draw(st.integers(0, 500)))
    else:
        row = StoredValue(feature, at, draw(values()))
    return Sent(kind, draw(st.integers(0, PROFILES - 1)), row, draw(st.sampled_from(_ZONES)))


@st.composite
def many_records(draw: st.DrawFn) -> list[Sent]:
    """Over all kinds, profiles and days. Drawn as two numbers: Hypothesis alone would make many of few."""
    chooser = random.Random(draw(st.integers(0, 2**32)))
    return [_any_record(chooser) for _ in range(draw(st.integers(1, _MANY)))]


def messages() -> st.SearchStrategy[list[Sent]]:
    return st.one_of(many_records(), st.lists(records(), min_size=1, max_size=8))


def _any_record(chooser: random.Random) -> Sent:
    kind, at = chooser.choice(KINDS), TODAY - timedelta(microseconds=chooser.randrange(_DAYS * 86_400_000_000))
    row: StoredCount | StoredValue = StoredValue(chooser.choice(["f0", "f1"]), at, chooser.normalvariate(100.0, 10.0))
    if kind == "psi":
        row = StoredCount("f0", at, chooser.randint(1, PSI_BINS), chooser.randint(0, 500))
    return Sent(kind, chooser.randrange(PROFILES), row, chooser.choice(_ZONES))


@st.composite
def windows(draw: st.DrawFn) -> tuple[datetime, datetime]:
    one, other = draw(st.tuples(moments(), moments()))
    return min(one, other), max(one, other) + draw(st.sampled_from([_MICROSECOND, timedelta(hours=1)]))


EVERYTHING = (TODAY - _DAY * (_DAYS + 1), TODAY + _DAY * 2)


class Archiving(RuleBasedStateMachine):
    """What may happen to a server and its archiver, in any order."""

    twins: Twins

    @initialize(first=many_records())
    def begin(self, first: list[Sent]) -> None:
        self.twins.begin_anew()
        self.twins.send(first)

    @invariant()
    def everything_is_charted_once(self) -> None:
        self.twins.compare_charts(*EVERYTHING, 20)

    @rule(more=messages())
    def the_archiver_passes(self, more: list[Sent]) -> None:
        self.twins.send(more)
        self.twins.archived.archive()

    @rule(more=messages(), line=st.integers(*_LINES))
    def the_archiver_is_killed(self, more: list[Sent], line: int) -> None:
        self.twins.send(more)
        self.twins.archived.archive(kill_at=line)

    @rule(more=messages(), line=st.integers(*_LINES), late=messages(), window=windows(), points=st.integers(1, 60))
    def the_archiver_is_overtaken(
        self, more: list[Sent], line: int, late: list[Sent], window: tuple[datetime, datetime], points: int
    ) -> None:
        """While it stands still in the middle of a pass, records arrive and answers are asked for."""

        def happens() -> None:
            self.twins.compare_charts(*EVERYTHING, points)
            self.twins.send(late)
            self.twins.compare_charts(*window, points)
            self.twins.compare_exports(*window)

        self.twins.send(more)
        self.twins.archived.archive_meanwhile(line, happens)

    @rule(more=messages(), window=windows(), points=st.integers(1, 60))
    def answers_are_alike(self, more: list[Sent], window: tuple[datetime, datetime], points: int) -> None:
        self.twins.send(more)
        self.twins.compare_charts(*window, points)
        self.twins.compare_exports(*window)

    def teardown(self) -> None:
        """Whatever was left half done is finished, and nothing is there twice or missing."""
        self.twins.archived.archive_everything()
        assert self.twins.archived.parts("frozen") == []
        self.twins.compare_charts(*EVERYTHING, 20)
        self.twins.compare_exports(*EVERYTHING)
        self.twins.compare_rows()


@pytest.mark.timeout(120 + 20 * _EXAMPLES)
def test_a_server_with_an_archive_answers_as_one_without(twins: Twins) -> None:
    class Machine(Archiving):
        pass

    Machine.twins = twins
    chosen = settings(
        max_examples=_EXAMPLES,
        phases=_PHASES,
        stateful_step_count=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Machine, settings=chosen)
