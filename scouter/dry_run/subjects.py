"""Which profile's records a dry run is about."""

from __future__ import annotations

from scouter.profiles.lookup import ProfileRef
from scouter.wire.dry_runs import DryRunRequest
from scouter.wire.profiles import DriftType


def profile_meant(request: DryRunRequest) -> ProfileRef:
    """As the request names it; what it leaves out, its document may say."""
    if request.uid is not None or request.profile is None:
        return ProfileRef.of(request, drift_type=request.drift_type)
    config = request.profile.get("config")
    said = config if isinstance(config, dict) else {}
    named = {name: getattr(request, name) or _text(said.get(name)) for name in ("space", "name", "version")}
    drift_type = request.drift_type or said.get("drift_type")
    known = drift_type if drift_type in list(DriftType) else None
    return ProfileRef(None, named["space"], named["name"], named["version"], None if known is None else str(known))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
