"""Clients whose token has come of age, or was signed with another key, lose nothing; strangers get nothing in."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import psycopg

from scouter.postgres.connections.session_settings import SCHEMA
from tests.drills.findings import Findings, refusals
from tests.drills.run import add_drill
from tests.drills.sent_messages import Outcome, SentMessage
from tests.drills.stage import SECRET, Stage

_PAST_ITS_LIFE = timedelta(hours=2)
_KEYS = ("another signing key of a drill: 0123456789", SECRET)


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "tokens", play, __doc__)
    parser.add_argument("--changes", type=int, default=4, help="of the signing key, each with a restart under load")
    parser.add_argument("--rows", type=float, default=2000.0, help="a second, of each sender")
    parser.add_argument("--no-client", action="store_true", help="without the published client")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed) as stage:
        expired = expired_token(stage.database.conninfo)
        if not options.no_client:
            stage.send_with_published_client()
        stage.send("good token", rows_a_second=options.rows).wait_for(1)
        stage.send("expired token", token=expired, rows_a_second=options.rows).wait_for(1)
        # Few messages: every wrong password is a failed login, which the server limits.
        stranger = stage.send("stranger", token=expired, password="wrong", records=1, messages=5, connections=1)
        stranger.wait_until_done(60)
        for number in range(options.changes):
            change_key(stage, _KEYS[number % len(_KEYS)])
        stage.stop_senders()
        welcome = [message for message in stage.messages if message not in set(stranger.messages)]
        stage.complaints += refusals(welcome)
        stage.complaints += let_in(stranger.messages)
        return stage.conclude(), stage


def change_key(stage: Stage, key: str) -> None:
    time.sleep(1)
    if stage.server.stop() != 0:
        stage.complaints.append("the server did not stop cleanly")
    stage.change(SCOUTER_ENCRYPT_SECRET=key)
    stage.restart()
    time.sleep(1)


def let_in(messages: list[SentMessage]) -> list[str]:
    """Messages under a wrong password that were not refused as such, as a complaint."""
    wrong = [one for one in messages if one.outcome != Outcome.REFUSED or one.status not in (401, 429)]
    return [f"{len(wrong)} messages with a wrong password were answered {wrong[0].status}"] if wrong else []


def expired_token(conninfo: str) -> str:
    """A token of the admin as the server would have made it some time ago."""
    with psycopg.connect(conninfo, options=f"-c search_path={SCHEMA}") as connection:
        found = connection.execute("SELECT credential_version FROM app_user WHERE username = 'admin'").fetchone()
    assert found is not None
    claims = {
        "sub": "admin",
        "exp": int((datetime.now(UTC) - _PAST_ITS_LIFE).timestamp()),
        "permissions": ["read:all", "write:all"],
        "group_permissions": ["admin"],
        "salt": "0123456789abcdef",
        "cred": found[0],
    }
    return jwt.encode(claims, SECRET, algorithm="HS256")
