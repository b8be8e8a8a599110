"""What people would have been told, and what was held back, as the answer has it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from scouter.policy.replayed_group import Said
from scouter.wire.dry_runs import DryRunMessage


def messages(said: Iterable[Said]) -> list[DryRunMessage]:
    """In the order of time. What is held back again and again for one reason stands there once."""
    found: list[DryRunMessage] = []
    last: dict[tuple[object, ...], int] = {}
    for each in said:
        about = (each.key.signal, each.key.subject)
        place = last.get(about)
        if place is not None and _goes_on(found[place], each):
            found[place] = replace(found[place], windows=found[place].windows + 1)
            continue
        last[about] = len(found)
        found.append(_message(each))
    return found


def _message(said: Said) -> DryRunMessage:
    return DryRunMessage(
        at=said.at,
        kind=said.kind.value,
        signal=said.key.signal.value,
        subject=said.key.subject,
        direction=said.key.direction.value or None,
        effect=said.effect,
        p_value=said.p_value,
        why_not=said.why_not,
        windows=1,
    )


def _goes_on(message: DryRunMessage, said: Said) -> bool:
    same = (said.why_not, said.kind.value, said.key.direction.value or None)
    return message.why_not is not None and (message.why_not, message.kind, message.direction) == same
