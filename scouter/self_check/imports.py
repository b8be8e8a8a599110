"""Whether everything is there that is imported late: a server serves without it, until the first archive pass."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

_LIBRARIES = (
    *("adbc_driver_postgresql.dbapi", "adlfs", "azure.identity.aio", "azure.storage.blob.aio", "crc32c"),
    *("datafusion.object_store", "gcsfs", "google.auth", "kafka", "kafka.admin", "kafka.consumer.group", "numpy"),
    *("lz4.frame", "pika", "psycopg_pool", "pyarrow.compute", "pyarrow.dataset", "pyarrow.fs", "pyarrow.parquet"),
    *("s3fs", "snappy", "ssl", "zoneinfo", "zstandard"),
)
_S3_SERVICES = ("s3", "sts", "sso", "sso-oidc")  # of botocore, whose models of them are files


def names() -> list[str]:
    """Of all modules that the server may ever import, and those of the libraries that stand for the rest of them."""
    return [*_own_modules(), *_LIBRARIES]


def missing() -> list[str]:
    """A sentence for each that cannot be imported, and else for what imports well and does not work."""
    return [problem for name in names() if (problem := _problem_with(name))] or list(_without_use())


def _own_modules() -> Iterator[str]:
    package = __name__.partition(".")[0]
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        yield module.name


def _problem_with(name: str) -> str | None:
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - a library may raise anything when a part of it is missing
        return f"{name}: {error!r}"
    return None


def _without_use() -> Iterator[str]:
    import botocore.session
    import psycopg
    from datafusion import SessionContext

    if psycopg.pq.__impl__ != "binary":
        yield f"psycopg runs on its {psycopg.pq.__impl__} implementation"
    if SessionContext().sql("SELECT 6 * 7 AS answer").to_pydict() != {"answer": [42]}:
        yield "DataFusion does not answer a query"
    session = botocore.session.Session()
    for service in _S3_SERVICES:
        session.get_service_model(service)
    from scouter.postgres.statements import SQL_DIRECTORY

    if not list(SQL_DIRECTORY.rglob("*.sql")):
        yield f"no statements in {SQL_DIRECTORY}"
