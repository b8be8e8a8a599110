"""The text of a group's message: what a phone shows first, then a line a problem, shared causes before them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scouter.drift.descriptions import Wording
from scouter.policy.mentions import Mention, clock, line_of, plain
from scouter.policy.shared_causes import SharedCause
from scouter.policy.telling import Kind

MOST_SUBJECTS = 30
MOST_CHARACTERS = 12_000
_PROFILES_NAMED = 5

_SECTIONS = (
    ("New", "new", (Kind.firing,)),
    ("Still wrong", "still", (Kind.worse, Kind.reminder)),
    ("Ended", "ended", (Kind.resolved, Kind.ended)),
)
_INDENTS = {Wording.console: "    ", Wording.ops_genie: "    ", Wording.slack: ""}


@dataclass(frozen=True, slots=True)
class GroupNews:
    """What a group has to say now. `about`: the space or the profile. `undelivered`: messages given up before it.

    `list_url`: where all its problems are listed.
    """

    about: str
    mentions: tuple[Mention, ...]
    causes: Mapping[str, SharedCause]
    list_url: str
    undelivered: int = 0


def title_of(news: GroupNews) -> str:
    """How many are new, still wrong and ended."""
    counts = [(sum(each.kind in kinds for each in news.mentions), word) for _, word, kinds in _SECTIONS]
    return f"{', '.join(f'{count} {word}' for count, word in counts if count)}: {plain(news.about)}"


def body_of(news: GroupNews, wording: Wording, now: datetime) -> str:
    """At most 30 subjects and 12 000 characters, then how many more there are and where."""
    blocks = [block for section in _SECTIONS for block in _blocks(news, section[0], section[2], now)]
    lines, room, left = list(_undelivered(news)), MOST_CHARACTERS, 0
    heading = ""
    for at, block in enumerate(blocks):
        own = [] if block.heading == heading else [f"{block.heading}:"]
        own.append(f"{_INDENTS[wording]}{block.text}")
        room -= sum(len(line) + 1 for line in own)
        if at >= MOST_SUBJECTS or room < 0:
            left = sum(each.problems for each in blocks[at:])
            break
        lines, heading = lines + own, block.heading
    return "\n".join([*lines, *([f"and {left} more: {news.list_url}"] if left else [])])


@dataclass(frozen=True, slots=True)
class _Block:
    heading: str
    text: str
    problems: int


def _undelivered(news: GroupNews) -> Iterable[str]:
    if news.undelivered:
        plural = "" if news.undelivered == 1 else "s"
        yield f"{news.undelivered} earlier message{plural} could not be delivered"


def _blocks(news: GroupNews, heading: str, kinds: Sequence[Kind], now: datetime) -> list[_Block]:
    """Of one section, by subject: what many profiles share is one line."""
    own = [each for each in news.mentions if each.kind in kinds]
    own.sort(key=lambda each: (each.key.subject, each.name, each.version, each.key))
    shared = _shared(own, news.causes) if Kind.firing in kinds else {}
    told_once = {each.problem_id for group in shared.values() for each in group}
    causes = [
        _Block(heading, _cause_line(news.causes[subject], group, now), len(group)) for subject, group in shared.items()
    ]
    return causes + [_Block(heading, line_of(each, now), 1) for each in own if each.problem_id not in told_once]


def _shared(mentions: Iterable[Mention], causes: Mapping[str, SharedCause]) -> dict[str, list[Mention]]:
    found: dict[str, list[Mention]] = {}
    for each in mentions:
        if each.key.signal.is_drift and each.key.subject in causes:
            found.setdefault(each.key.subject, []).append(each)
    return found


def _cause_line(cause: SharedCause, mentions: Sequence[Mention], now: datetime) -> str:
    profiles = list(dict.fromkeys(each.profile for each in mentions))
    named = ", ".join(profiles[:_PROFILES_NAMED]) + (" ..." if len(profiles) > _PROFILES_NAMED else "")
    first = clock(min(each.since for each in mentions), now)
    return (
        f"{plain(cause.subject)}: {cause.firing} of {cause.having} profiles ({named}), "
        f"first seen {first}: probably upstream"
    )
