"""What services got against what was sent: the judge finds what is missing, strange, or there twice."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.alert_service import AlertService, Received
from tests.alert_services import SlackMessage
from tests.drills.late_services import LateServices
from tests.drills.message_hearing import Hearing
from tests.drills.stored_messages import StoredMessage
from tests.notifications import problem_message

KEY = "41:2:4"


@pytest.fixture
def services() -> Iterator[LateServices]:
    with AlertService() as service:
        yield LateServices(service, 2, seed=1)


def hook(services: LateServices, key: str, place: int = 0) -> None:
    services.service.receive(Received(f"/{place}/hook", {}, json.dumps({"key": key}).encode(), 0.0))


def post(services: LateServices, ts: str, text: str = "age drifts") -> None:
    blocks = [{"text": {"text": each}} for each in ("heading", text)]
    services.slack.messages.append(SlackMessage("C0DRIFT", ts, "heading", blocks))


def sent(channel: str, attempts: int = 1, receipt: str = "a posted it to C as 1.1") -> StoredMessage:
    return StoredMessage(1, 1, 4, channel, "delivered", attempts, None, receipt, problem_message())


def test_what_was_heard_once_is_right(services: LateServices) -> None:
    hook(services, KEY)
    post(services, "1.1")
    hearing = Hearing.of([sent("webhook"), sent("slack")], services)
    assert hearing == Hearing(requests=2)


def test_what_nobody_heard_is_named(services: LateServices) -> None:
    hearing = Hearing.of([sent("webhook"), sent("slack")], services)
    assert len(hearing.unheard) == 2
    assert KEY in hearing.unheard[0]


def test_what_nobody_sent_is_named(services: LateServices) -> None:
    hook(services, "41:2:5")
    post(services, "1.1")
    post(services, "1.2", "something else")
    hearing = Hearing.of([sent("slack")], services)
    assert [len(hearing.unheard), len(hearing.unexplained)] == [0, 2]


@pytest.mark.parametrize(("attempts", "cut_off"), [(1, False), (2, True)])
def test_what_was_heard_again_is_told_with_whether_a_try_was_cut_off(
    services: LateServices, attempts: int, cut_off: bool
) -> None:
    for place in (0, 1):
        hook(services, KEY, place)
        post(services, f"1.{place}")
    hearing = Hearing.of([sent("webhook", attempts), sent("slack", attempts)], services)
    assert [each.was_cut_off for each in hearing.doubled] == [cut_off, cut_off]
    assert not hearing.unheard
    assert not hearing.unexplained
