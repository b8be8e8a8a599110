"""Every environment variable of the server: name, type, default, and why one would set it.

The rows stand in the files beside this one, a group of settings in each. `Settings` holds the groups, in the order in
which people read them; a part of the server is given its own group.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scouter.errors import StartRefused
from scouter.settings import environment as surroundings
from scouter.settings import parsers, rules
from scouter.settings.alerting import AlertingSettings
from scouter.settings.archive import ArchiveSettings
from scouter.settings.checks import CheckSettings
from scouter.settings.database import DatabaseSettings
from scouter.settings.http import HttpSettings
from scouter.settings.kafka import KafkaSettings
from scouter.settings.logs import LogSettings
from scouter.settings.messages import MessageSettings
from scouter.settings.processes import ProcessSettings
from scouter.settings.rabbitmq import RabbitSettings
from scouter.settings.records import RecordSettings
from scouter.settings.retention import RetentionSettings
from scouter.settings.users import UserSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server process. Secrets are left out of its `repr`."""

    http: HttpSettings = field(default_factory=HttpSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    records: RecordSettings = field(default_factory=RecordSettings)
    processes: ProcessSettings = field(default_factory=ProcessSettings)
    users: UserSettings = field(default_factory=UserSettings)
    logs: LogSettings = field(default_factory=LogSettings)
    checks: CheckSettings = field(default_factory=CheckSettings)
    alerting: AlertingSettings = field(default_factory=AlertingSettings)
    messages: MessageSettings = field(default_factory=MessageSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    archive: ArchiveSettings = field(default_factory=ArchiveSettings)
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    rabbitmq: RabbitSettings = field(default_factory=RabbitSettings)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read every variable. Raises `StartRefused` with all wrong values at once."""
        problems: list[str] = []
        settings = cls(**{name: _read_group(group, environment, problems) for name, group in _groups()})
        problems += surroundings.unsupported(environment)
        problems = problems or settings._contradictions()
        if problems:
            raise StartRefused(problems)
        return settings

    def retention_warnings(self) -> list[str]:
        """One sentence for each pair of periods that works, but perhaps not as was meant."""
        return rules.retention_warnings(self.records, self.checks, self.retention)

    def _contradictions(self) -> list[str]:
        return [
            *rules.of_pools(self.database),
            *rules.of_late_records(self.checks, self.retention),
            *rules.of_alerts(self.retention, self.alerting),
            *rules.of_mail(self.alerting),
            *rules.of_messages(self.checks, self.messages),
            *rules.of_archive(self.retention, self.records),
        ]


def environment_warnings(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Of set variables: a line about those that have no effect, and one about those that nobody knows."""
    return surroundings.warnings_of(environment, {variable for _, variable, _, _ in settings_table()})


def settings_table() -> list[tuple[str, str, str, str]]:
    """Every setting as (group, variable, default, why), in the order in which people read them."""
    return [
        (group.title, row.metadata["variable"], shown_default(row), row.metadata["why"])
        for _, group in _groups()
        for row in dataclasses.fields(group)
    ]


def _groups() -> Iterator[tuple[str, Any]]:
    """Field and class of every group."""
    for each in dataclasses.fields(Settings):
        yield each.name, each.default_factory


def shown_default(row: dataclasses.Field[Any]) -> str:
    """What a setting is without its variable, as people read it."""
    shown: str | None = row.metadata["shown_default"]
    return shown or parsers.show(row.default)


def _read_group(group: Any, environment: Mapping[str, str], problems: list[str]) -> Any:
    chosen: dict[str, Any] = {}
    for row in dataclasses.fields(group):
        _read(row, environment, chosen, problems)
    return group(**chosen)


def _read(
    row: dataclasses.Field[Any], environment: Mapping[str, str], chosen: dict[str, Any], problems: list[str]
) -> None:
    variable = row.metadata["variable"]
    raw = environment.get(variable) or environment.get(surroundings.ALIASES.get(variable, variable))
    if not raw:  # an empty variable is how compose files and charts say "not set"
        return
    try:
        chosen[row.name] = row.metadata["parse"](raw)
    except ValueError as problem:
        shown = "" if row.metadata["parse"] in parsers.SECRET_PARSERS else f" {raw!r}"
        problems.append(f"{variable}{shown} is not accepted: expected {problem}")
