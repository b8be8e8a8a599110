"""Records out of tables of Postgres as Arrow batches with names in place of ids, in constant memory.

ADBC makes the batches without holding the interpreter: psycopg would bring each row through Python.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from adbc_driver_manager import Error as AdbcError
from adbc_driver_postgresql import StatementOptions
from adbc_driver_postgresql import dbapi as adbc
from psycopg.conninfo import make_conninfo
from psycopg.errors import QueryCanceled

from scouter.archive.kinds import Kind
from scouter.archive.read_budget import TimeUp
from scouter.archive.schemas import written_schema
from scouter.errors import DatabaseAway
from scouter.postgres.connections.pool import ENCODING, KEEPALIVES
from scouter.postgres.connections.session_settings import Limits, SessionSettings
from scouter.postgres.huge_values import TooHuge
from scouter.postgres.tables.record_streams import NamedEntity

log = logging.getLogger(__name__)

_BATCH_BYTES = 6 * 2**20  # of what Postgres sends: some 130 000 rows, which become a row group
_MAX_FEATURES = 100_000  # whose names are kept in memory
NamesOfFeatures = Callable[[Collection[int]], Mapping[int, str]]

_GONE = ("", "", "", "")  # names of a profile that has just been deleted
_BEGIN = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
_WORK_MEM = "SET LOCAL work_mem TO '64MB'"
_OPTIONS = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(_BATCH_BYTES)}


class RecordStream:
    """One connection for reading many records. Raises `DatabaseAway` when it is lost."""

    def __init__(self, connection: Any, names: Names) -> None:
        self._connection = connection
        self._names = names

    def rows(self, query: str) -> Iterator[pa.RecordBatch]:
        """What the query finds, as it is. What goes wrong on the way is `DatabaseAway`: Arrow does not say what."""
        with _lost_is_away(), self._connection.cursor(adbc_stmt_kwargs=_OPTIONS) as cursor:
            cursor.execute(query)
            try:
                yield from cursor.fetch_record_batch()
            except OSError as problem:
                log.warning("reading records broke off: %s", str(problem).partition("\n")[0])
                raise DatabaseAway from problem

    def sums(self, query: str) -> list[pa.RecordBatch]:
        """As `rows`, all at once. Raises `TooHuge` where Postgres cannot add up, and `TimeUp` where it was given no
        more time.
        """
        with _lost_is_away(), self._connection.cursor(adbc_stmt_kwargs=_OPTIONS) as cursor:
            cursor.execute(query)
            batches: list[pa.RecordBatch] = cursor.fetch_arrow_table().to_batches()
            return batches

    def batches(self, kind: Kind, query: str) -> Iterator[pa.RecordBatch]:
        """What the query finds, in the columns of the archive. Rows of profiles that are gone are left out."""
        with _lost_is_away(), self._connection.cursor(adbc_stmt_kwargs=_OPTIONS) as cursor:
            cursor.execute(query)
            for batch in cursor.fetch_record_batch():
                named = self._names.put_in(kind, _sorted(batch))
                if named.num_rows:
                    yield named


class Names:
    """What the ids of entities and features stand for."""

    def __init__(self, entities: Iterable[NamedEntity], names_of_features: NamesOfFeatures) -> None:
        """`names_of_features` is asked for those that are needed."""
        self._names_of_features = names_of_features
        self._entities = {each.id: (each.uid, each.space, each.name, each.version) for each in entities}
        self._ids = {owner[0]: entity_id for entity_id, owner in self._entities.items()}
        self._features: dict[int, str] = {}

    def entity_id(self, uid: str) -> int:
        return self._ids[uid]

    def put_in(self, kind: Kind, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with names for ids, in the written schema of the archive."""
        entity_ids, entities = _distinct(batch.column("entity_id"))
        feature_ids, features = _distinct(batch.column("feature_id"))
        owners = [self._entities.get(each, _GONE) for each in entity_ids]
        names = self._names_of(feature_ids)
        columns: list[pa.Array] = [batch.column("created_at")]
        columns += [_taken([owner[n] for owner in owners], entities) for n in range(len(_GONE))]
        columns += [_taken([names.get(each, "") for each in feature_ids], features)]
        columns += [batch.column(name) for name in kind.values]
        named = pa.RecordBatch.from_arrays(columns, schema=written_schema(kind))
        there = _marks(each in self._entities for each in entity_ids)[entities]
        there &= _marks(each in names for each in feature_ids)[features]
        return named if there.all() else named.filter(pa.array(there))

    def _names_of(self, ids: Sequence[int]) -> dict[int, str]:
        missing = [each for each in ids if each not in self._features]
        if missing:
            if len(self._features) > _MAX_FEATURES:
                self._features.clear()
                missing = list(ids)
            self._features |= self._names_of_features(missing)
        return self._features


NO_NAMES = Names((), lambda _: {})  # for queries whose rows are taken as they are


@contextmanager
def record_stream(conninfo: str, names: Names = NO_NAMES, *, seconds: float = 0.0) -> Iterator[RecordStream]:
    """`seconds`: for each query; 0: as long as it takes."""
    named = make_conninfo(conninfo, application_name="scouter record stream", client_encoding=ENCODING, **KEEPALIVES)
    # One transaction: behind a pooler what is asked next may be asked of another session.
    with _lost_is_away(), adbc.connect(named, autocommit=False) as connection:
        with connection.cursor() as cursor:
            cursor.execute(_BEGIN)
            cursor.execute(SessionSettings(Limits(statement=seconds)).for_transaction(_version(cursor)))
            cursor.fetchall()
            cursor.execute(_WORK_MEM)
        yield RecordStream(connection, names)


def _version(cursor: Any) -> int:
    """As libpq counts: 150018. What the driver says of it depends on the release."""
    cursor.execute("SELECT current_setting('server_version_num')")
    return int(cursor.fetchone()[0])


def _sorted(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Within each profile by feature and time; it comes by time. Of a profile that takes several batches, each is."""
    entity_ids, feature_ids = (batch.column(name).to_numpy() for name in ("entity_id", "feature_id"))
    profile = np.cumsum(np.diff(entity_ids, prepend=entity_ids[:1]) != 0)
    order = np.argsort((profile << 32) + feature_ids, kind="stable")
    return batch.take(pa.array(order))


def _distinct(ids: pa.Array) -> tuple[list[int], npt.NDArray[np.int64]]:
    """The distinct values, and for each row which of them it is."""
    distinct, which = np.unique(ids.to_numpy(), return_inverse=True)
    return distinct.tolist(), which


def _taken(names: Sequence[str], which: npt.NDArray[np.int64]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(which, pa.int32()), pa.array(names, pa.string()))


def _marks(answers: Iterable[bool]) -> npt.NDArray[np.bool_]:
    return np.fromiter(answers, np.bool_)


@contextmanager
def _lost_is_away() -> Iterator[None]:
    try:
        yield
    except AdbcError as problem:
        if problem.sqlstate == TooHuge.sqlstate:
            raise TooHuge(str(problem)) from problem
        if problem.sqlstate == QueryCanceled.sqlstate:
            raise TimeUp from problem
        log.warning("reading records broke off: %s", str(problem).partition("\n")[0])
        raise DatabaseAway from problem
