# mypy: ignore-errors
"""What the 0.25.0 client calls differently from the ones before it. Same functions as `legacy`."""

from __future__ import annotations

import json
import re

from scouter.client import DriftAlertPaginationRequest, DriftRequest, TimeInterval

import scouter


def http_config(url, username, password):
    return scouter.HttpConfig(server_uri=url, username=username, password=password)


def custom_metric(name, baseline, threshold, tolerance):
    return scouter.CustomMetric(name, baseline, threshold, delta=tolerance)


def open_queue(paths, config):
    return scouter.ScouterQueue.from_path(paths, config, wait_for_startup=True)


def binned_drift(client, profile, drift_type, interval, points, start, end):
    of = profile.config
    request = DriftRequest(
        uid=of.uid,
        space=of.space,
        time_interval=getattr(TimeInterval, interval),
        max_data_points=points,
        start_datetime=start,
        end_datetime=end,
    )
    return client.get_binned_drift(request, drift_type)


def uid(profile):
    return profile.config.uid


def alerts(client, profile, active):
    request = DriftAlertPaginationRequest(uid=profile.config.uid, active=active)
    return client.get_alerts(request).items


def alert_members(alert):
    """The client hands these out in its text only, which is JSON in colours."""
    return json.loads(re.sub(r"\x1b\[[0-9;]*m", "", str(alert)))["alert"]
