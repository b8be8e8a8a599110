# mypy: ignore-errors
"""What the 0.6.4 and 0.9.0 clients call differently from later ones. Same functions as `current`."""

from __future__ import annotations

from scouter.client import DriftAlertRequest, DriftRequest, TimeInterval

import scouter


def http_config(url, username, password):
    return scouter.HTTPConfig(server_uri=url, username=username, password=password)


def custom_metric(name, baseline, threshold, tolerance):
    return scouter.CustomMetric(name, baseline, threshold, alert_threshold_value=tolerance)


def open_queue(paths, config):
    return scouter.ScouterQueue.from_path(paths, config)


def binned_drift(client, profile, drift_type, interval, points, start, end):
    of = profile.config
    request = DriftRequest(
        name=of.name,
        space=of.space,
        version=of.version,
        time_interval=getattr(TimeInterval, interval),
        max_data_points=points,
        drift_type=drift_type,
        begin_datetime=start,
        end_datetime=end,
    )
    return client.get_binned_drift(request)


def uid(_profile):
    return None  # this wire has none


def alerts(client, profile, active):
    of = profile.config
    return client.get_alerts(DriftAlertRequest(name=of.name, space=of.space, version=of.version, active=bool(active)))


def alert_members(alert):
    return alert.alert
