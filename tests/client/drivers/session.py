# mypy: ignore-errors
"""An application that uses the published client, told what to do line by line.

Run with the python of a client environment. Each line on stdin is `{"do": <command>, ...arguments}` in JSON, each is
answered by one line on stdout: `{"value": ...}`, or `{"error": <type and text>}` when the client raised. Whatever the
client itself prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
from scouter.alert import (
    AlertThreshold,
    CustomMetricAlertConfig,
    OpsGenieDispatchConfig,
    PsiAlertConfig,
    SlackDispatchConfig,
    SpcAlertConfig,
)
from scouter.client import GetProfileRequest, ProfileStatusRequest, ScouterClient
from scouter.types import DriftType

import scouter

if hasattr(scouter, "HttpConfig"):
    import current as wire
else:
    import legacy as wire


class Session:
    """The client's objects from one command to the next. Profiles go by names that the test gives them."""

    def __init__(self) -> None:
        self._config = None
        self._client = None
        self._profiles = {}
        self._queue = None

    def log_in(self, url, username, password):
        """A client logs in when it is made, and never again: this one is kept."""
        self._config = wire.http_config(url, username, password)
        self._client = ScouterClient(self._config)

    def make(self, profile, type, columns, **of):
        """A profile that no server knows yet. It has the space, name and version, or the uid, that it is given."""
        self._profiles[profile] = getattr(self, f"_{type.lower()}_profile")(columns, **of)

    def register(self, profile, type, columns, set_active=False, deactivate_others=False, **of):
        self.make(profile, type, columns, **of)
        made = self._profiles[profile]
        self._client.register_profile(made, set_active, deactivate_others)
        known = made.config
        document = json.loads(made.model_dump_json())
        return {
            "space": known.space,
            "name": known.name,
            "version": known.version,
            "uid": wire.uid(made),
            "document": document,
        }

    def set_status(self, type, space, name, version, active, deactivate_others=False):
        request = ProfileStatusRequest(
            name=name,
            space=space,
            version=version,
            drift_type=getattr(DriftType, type),
            active=active,
            deactivate_others=deactivate_others,
        )
        self._client.update_profile_status(request)

    def open_queue(self, profiles, kafka=None, rabbitmq=None):
        """A queue to the server that was logged in to, or to a broker with that configuration."""
        config = self._config
        if kafka is not None:
            config = scouter.KafkaConfig(**kafka)
        elif rabbitmq is not None:
            config = scouter.RabbitMQConfig(**rabbitmq)
        paths = {alias: self._profiles[alias].save_to_json(Path(f"{alias}.json")) for alias in profiles}
        self._queue = wire.open_queue(paths, config)

    def insert(self, profile, features=None, metrics=None):
        """One item for each element: a mapping of feature to number or word, or of metric to number."""
        for item in features or []:
            self._queue[profile].insert(scouter.Features(features=[_feature(*pair) for pair in item.items()]))
        for item in metrics or []:
            self._queue[profile].insert(scouter.Metrics(metrics=[scouter.Metric(*pair) for pair in item.items()]))

    def shut_down_queue(self):
        self._queue.shutdown()

    def binned_drift(self, profile, type, interval, points, start=None, end=None):
        found = wire.binned_drift(
            self._client,
            self._profiles[profile],
            getattr(DriftType, type),
            interval,
            points,
            start and datetime.fromisoformat(start),
            end and datetime.fromisoformat(end),
        )
        return _CHARTS[type](found)

    def download(self, type, space, name, version):
        request = GetProfileRequest(name=name, space=space, version=version, drift_type=getattr(DriftType, type))
        return json.loads(Path(self._client.download_profile(request, Path("downloaded.json"))).read_text())

    def alerts(self, profile, active=None):
        """Those of one profile as the client hands them out. None: all of them."""
        found = wire.alerts(self._client, self._profiles[profile], active)
        return [
            {"id": one.id, "about": one.entity_name, "active": one.active, "alert": wire.alert_members(one)}
            for one in found
        ]

    def _spc_profile(self, columns, space, name, sample_size, schedule=None, dispatch=None, **version):
        alerts = SpcAlertConfig(features_to_monitor=list(columns), **_alerting(schedule, dispatch))
        config = scouter.SpcDriftConfig(space=space, name=name, sample_size=sample_size, alert_config=alerts, **version)
        return scouter.Drifter().create_drift_profile(pl.DataFrame(columns), config)

    def _psi_profile(self, columns, space, name, categorical, schedule=None, dispatch=None, **version):
        alerts = PsiAlertConfig(features_to_monitor=list(columns), **_alerting(schedule, dispatch))
        config = scouter.PsiDriftConfig(
            space=space, name=name, alert_config=alerts, categorical_features=categorical, **version
        )
        return scouter.Drifter().create_drift_profile(pl.DataFrame(columns), config)

    def _custom_profile(self, columns, space, name, sample_size, schedule=None, dispatch=None, **version):
        alerts = CustomMetricAlertConfig(**_alerting(schedule, dispatch))
        config = scouter.CustomMetricDriftConfig(
            space=space, name=name, sample_size=sample_size, alert_config=alerts, **version
        )
        metrics = [wire.custom_metric(metric, value, AlertThreshold.Above, 0.5) for metric, value in columns.items()]
        return scouter.CustomDriftProfile(config=config, metrics=metrics)


def _alerting(schedule, dispatch):
    """What is not given is the client's default: once a day, on the console."""
    given = {} if schedule is None else {"schedule": schedule}
    for channel, of in (dispatch or {}).items():
        given["dispatch_config"] = _DISPATCHES[channel](**of)
    return given


def _feature(name, value):
    return scouter.Feature.string(name, value) if isinstance(value, str) else scouter.Feature.float(name, value)


def _spc_chart(found):
    return {name: {"created_at": _texts(one), "values": one.values} for name, one in found.features.items()}


def _psi_chart(found):
    return {
        name: {"created_at": _texts(one), "psi": one.psi, "overall_psi": one.overall_psi, "bins": one.bins}
        for name, one in found.features.items()
    }


def _custom_chart(found):
    return {
        name: {
            "metric": one.metric,
            "created_at": _texts(one),
            "avg": [stats.avg for stats in one.stats],
            "lower_bound": [stats.lower_bound for stats in one.stats],
            "upper_bound": [stats.upper_bound for stats in one.stats],
        }
        for name, one in found.metrics.items()
    }


def _texts(series):
    return [moment.isoformat() for moment in series.created_at]


_DISPATCHES = {"Slack": SlackDispatchConfig, "OpsGenie": OpsGenieDispatchConfig}
_CHARTS = {"Spc": _spc_chart, "Psi": _psi_chart, "Custom": _custom_chart}


def main() -> None:
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the client's native log goes to file descriptor 1
    session = Session()
    for line in sys.stdin:
        arguments = json.loads(line)
        try:
            reply = {"value": getattr(session, arguments.pop("do"))(**arguments)}
        except BaseException as error:  # noqa: BLE001  the client's panics are no Exceptions
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
