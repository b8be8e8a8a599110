"""Poison among good messages: each is kept and told apart, and neither stops nor slows those around it."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

from scouter.postgres.connections.session_settings import SCHEMA
from tests.drills.findings import Findings, refusals
from tests.drills.numbered_messages import Poison
from tests.drills.own_broker import add_transport
from tests.drills.run import add_drill
from tests.drills.sender_process import SenderProcess
from tests.drills.sent_messages import GOOD, Outcome
from tests.drills.stage import Stage
from tests.drills.stored_numbers import Quarantined, read_database

_RATE_BAR = 0.8
_MAX_SECONDS = 560.0
# After the row: COPY goes on writing many rows at once, so that the trigger costs a clean run next to nothing.
_REFUSAL = """
    CREATE FUNCTION drill_refusal() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'the drill refuses %', NEW.value; END $$;
    CREATE TRIGGER drill_refusal AFTER INSERT ON custom_record FOR EACH ROW WHEN (NEW.value < 0)
        EXECUTE FUNCTION drill_refusal();
    CREATE TRIGGER drill_refusal AFTER INSERT ON spc_record FOR EACH ROW WHEN (NEW.value < 0)
        EXECUTE FUNCTION drill_refusal()"""


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "poison", play, __doc__)
    add_transport(parser)
    parser.add_argument("--good", type=int, default=20_000, help="messages, in either run")
    parser.add_argument("--poison", type=int, default=2_000, help="messages among them, about")
    parser.add_argument("--records", type=int, default=10, help="in each message")
    parser.add_argument("--kinds", nargs="+", choices=[*Poison], default=[*Poison])
    parser.add_argument("--no-bar", action="store_true", help="a short run says nothing about rates")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, transport=options.transport) as stage:
        _refuse_marked_values(stage.database.conninfo)
        clean = stage.send("clean", records=options.records, messages=options.good)
        clean.wait_until_done(_MAX_SECONDS)
        total = options.good + options.poison
        share = options.poison / total
        poison = tuple(options.kinds)
        mixed = stage.send("mixed", records=options.records, messages=total, poison=poison, poison_share=share)
        mixed.wait_until_done(_MAX_SECONDS)
        if options.transport != "http":
            findings = stage.conclude()
            check_kept(stage, mixed)
            return findings, stage
        compare_rates(stage, clean, mixed, bar=not options.no_bar)
        stage.complaints += refusals(stage.messages)
        check_kinds(stage, mixed)
        return stage.conclude(), stage


def compare_rates(stage: Stage, clean: SenderProcess, mixed: SenderProcess, *, bar: bool) -> None:
    """Good messages a second with poison among them against those without any."""
    good = sum(message.kind == GOOD for message in mixed.messages)
    alone = clean.summary["messages"] / clean.summary["seconds"]
    among = good / mixed.summary["seconds"]
    told = f"{among:,.0f} good messages a second among poison, {alone:,.0f} without: {among / alone:.2f}"
    stage.remarks.append(
        f"{told} (bar {_RATE_BAR}); {mixed.summary['messages'] / mixed.summary['seconds']:,.0f} of all"
    )
    if bar and among / alone < _RATE_BAR:
        stage.complaints.append(told)


def check_kinds(stage: Stage, mixed: SenderProcess) -> None:
    """Every poison message was answered 4xx with the id of what is kept, which says what was wrong."""
    kept = {one.id: one for one in read_database(stage.database.conninfo).quarantined}
    stage.remarks.append(f"in quarantine: {dict(Counter(one.reason for one in kept.values()))}")
    for kind in map(Poison, mixed.order.poison):
        sent = [message for message in mixed.messages if message.kind == kind]
        told = Counter((message.outcome, message.status) for message in sent)
        answers = ", ".join(f"{count} {outcome} {status}" for (outcome, status), count in told.items())
        stage.remarks.append(f"{kind}: answered {answers}")
        if any(outcome != Outcome.QUARANTINED or not 400 <= status < 500 for outcome, status in told):
            stage.complaints.append(f"{kind}: answered {answers}")
        wrong = [message.first for message in sent if not _kept_rightly(kept.get(message.detail), kind, message.first)]
        if wrong:
            stage.complaints.append(f"{kind}: not in quarantine under that reason: {wrong[:10]}, {len(wrong)} in all")


def check_kept(stage: Stage, mixed: SenderProcess) -> None:
    """By a broker nobody is told: what is kept says it all. A message that is undecodable is told by its numbers."""
    kept = {one.numbers[0]: one for one in read_database(stage.database.conninfo).quarantined if one.numbers}
    stage.remarks.append(f"in quarantine: {dict(Counter(one.reason for one in kept.values()))}")
    bad = [message for message in mixed.messages if message.kind != GOOD]
    wrong = [one.first for one in bad if not _kept_rightly(kept.get(one.first), Poison(one.kind), one.first)]
    if wrong or len(kept) != len(bad):
        raise AssertionError(f"{len(bad)} were sent, {len(kept)} are kept; wrong: {wrong[:10]}, {len(wrong)} in all")


def _kept_rightly(found: Quarantined | None, kind: Poison, first: int) -> bool:
    return found is not None and found.reason == kind and first in found.numbers


def _refuse_marked_values(conninfo: str) -> None:
    with psycopg.connect(conninfo, options=f"-c search_path={SCHEMA}", autocommit=True) as connection:
        connection.execute(_REFUSAL)
