"""Brokers that tests share. They rest while nobody needs them: an idle Kafka takes four hundredths of a processor."""

from __future__ import annotations

from typing import Protocol, Self, TypeVar


class Broker(Protocol):
    @property
    def is_running(self) -> bool: ...

    def start(self) -> Self: ...

    def stop(self) -> None: ...


AnyBroker = TypeVar("AnyBroker", bound=Broker)


class SharedBrokers:
    """After a rest a broker is started again on the same ports, with what it had."""

    def __init__(self) -> None:
        self._started: list[Broker] = []

    def started(self, broker: AnyBroker) -> AnyBroker:
        if not broker.is_running:
            broker.start()
            self._started.append(broker)
        return broker

    def rest(self) -> None:
        while self._started:
            self._started.pop().stop()
