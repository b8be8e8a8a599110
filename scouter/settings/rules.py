"""Settings that do not go together: some keep the server from starting, some are only worth a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scouter.settings.settings import Settings


def contradictions(settings: Settings) -> list[str]:
    """One sentence for each pair that cannot be meant."""
    return [*_of_pools(settings), *_of_late_records(settings), *_of_alerts(settings), *_of_archive(settings)]


def retention_warnings(settings: Settings) -> list[str]:
    """One sentence for each pair that works, but perhaps not as was meant."""
    said = []
    if settings.retention_days <= settings.late_days:
        said.append(
            f"DATA_RETENTION_PERIOD {settings.retention_days} is not larger than SCOUTER_LATE_DAYS "
            f"{settings.late_days}: days stay in the database until their windows are not checked again any more"
        )
    if settings.archive_days is not None and settings.archive_days < settings.max_past_days:
        said.append(
            f"SCOUTER_ARCHIVE_DAYS {settings.archive_days} is smaller than SCOUTER_MAX_PAST_DAYS "
            f"{settings.max_past_days}: records that are older when they arrive are accepted, and soon deleted"
        )
    return said


def _of_pools(settings: Settings) -> list[str]:
    if settings.min_pool_size > settings.max_pool_size:
        return [f"MIN_POOL_SIZE {settings.min_pool_size} is larger than MAX_POOL_SIZE {settings.max_pool_size}"]
    return []


def _of_late_records(settings: Settings) -> list[str]:
    """A window is checked again by what its run had seen, and raises only alerts that it has not raised before."""
    kept = {"SCOUTER_RUN_DAYS": settings.run_days, "SCOUTER_ALERT_DAYS": settings.alert_days}
    return [
        f"{variable} {days} is smaller than SCOUTER_LATE_DAYS {settings.late_days}: for that long, windows are checked "
        "again and compared with what was found before"
        for variable, days in kept.items()
        if days < settings.late_days
    ]


def _of_alerts(settings: Settings) -> list[str]:
    if settings.alert_days * 24 < settings.delivery_max_age_hours:
        return [
            f"SCOUTER_ALERT_DAYS {settings.alert_days} is shorter than SCOUTER_DELIVERY_MAX_AGE_HOURS "
            f"{settings.delivery_max_age_hours}: alerts would be deleted before they are delivered"
        ]
    return []


def _of_archive(settings: Settings) -> list[str]:
    if settings.archive_days is not None and settings.archive_days <= settings.retention_days:
        return [
            f"SCOUTER_ARCHIVE_DAYS {settings.archive_days} is not larger than DATA_RETENTION_PERIOD "
            f"{settings.retention_days}: records would leave the archive as soon as they get there"
        ]
    return []
