"""Settings that do not go together: some keep the server from starting, some are only worth a warning.

Each rule is given the groups it is about, and says one sentence for each pair that cannot be meant.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from scouter.settings.alerting import AlertingSettings
from scouter.settings.checks import CheckSettings
from scouter.settings.database import DatabaseSettings
from scouter.settings.messages import MessageSettings
from scouter.settings.records import RecordSettings
from scouter.settings.retention import RetentionSettings


def retention_warnings(records: RecordSettings, checks: CheckSettings, retention: RetentionSettings) -> list[str]:
    """One sentence for each pair that works, but perhaps not as was meant."""
    said = []
    if records.retention_days <= checks.late_days:
        said.append(
            f"DATA_RETENTION_PERIOD {records.retention_days} is not larger than SCOUTER_LATE_DAYS "
            f"{checks.late_days}: days stay in the database until their windows are not checked again any more"
        )
    if retention.archive_days is not None and retention.archive_days < records.max_past_days:
        said.append(
            f"SCOUTER_ARCHIVE_DAYS {retention.archive_days} is smaller than SCOUTER_MAX_PAST_DAYS "
            f"{records.max_past_days}: records that are older when they arrive are accepted, and soon deleted"
        )
    return said


def of_pools(database: DatabaseSettings) -> list[str]:
    if database.min_pool_size > database.max_pool_size:
        return [f"MIN_POOL_SIZE {database.min_pool_size} is larger than MAX_POOL_SIZE {database.max_pool_size}"]
    return []


def of_late_records(checks: CheckSettings, retention: RetentionSettings) -> list[str]:
    """A window is checked again by what its run had seen, and raises only alerts that it has not raised before."""
    kept = {"SCOUTER_RUN_DAYS": checks.run_days, "SCOUTER_ALERT_DAYS": retention.alert_days}
    return [
        f"{variable} {days} is smaller than SCOUTER_LATE_DAYS {checks.late_days}: for that long, windows are checked "
        "again and compared with what was found before"
        for variable, days in kept.items()
        if days < checks.late_days
    ]


def of_alerts(retention: RetentionSettings, alerting: AlertingSettings) -> list[str]:
    if retention.alert_days * 24 < alerting.max_age_hours:
        return [
            f"SCOUTER_ALERT_DAYS {retention.alert_days} is shorter than SCOUTER_DELIVERY_MAX_AGE_HOURS "
            f"{alerting.max_age_hours}: alerts would be deleted before they are delivered"
        ]
    return []


def of_mail(alerting: AlertingSettings) -> list[str]:
    """Everything about e-mail that cannot be meant, at once."""
    return [*_of_mail_server(alerting), *_of_mail_login(alerting), *_of_plain_mail(alerting)]


def _of_mail_server(alerting: AlertingSettings) -> list[str]:
    if alerting.smtp_url is not None:
        needs = "SCOUTER_SMTP_URL needs SCOUTER_MAIL_FROM: e-mail must come from an address"
        return [needs] if alerting.mail_from is None else []
    useless = {
        "SCOUTER_MAIL_FROM": alerting.mail_from,
        "SCOUTER_MAIL_DOMAINS": alerting.mail_domains,
        "SCOUTER_SMTP_USERNAME": alerting.smtp_username,
        "SCOUTER_SMTP_PASSWORD": alerting.smtp_password,
        "SCOUTER_SMTP_PLAIN": alerting.smtp_plain,
    }
    found = [variable for variable, value in useless.items() if value]
    return [f"without SCOUTER_SMTP_URL no e-mail can be sent, and {', '.join(found)} cannot be meant"] if found else []


def _of_mail_login(alerting: AlertingSettings) -> list[str]:
    if (alerting.smtp_username is None) == (alerting.smtp_password is None):
        return []
    absent = "SCOUTER_SMTP_PASSWORD" if alerting.smtp_password is None else "SCOUTER_SMTP_USERNAME"
    return [f"{absent} is not set: a login is a name and a password"]


def _of_plain_mail(alerting: AlertingSettings) -> list[str]:
    if not alerting.smtp_plain or alerting.smtp_url is None:
        return []
    parts = urlsplit(alerting.smtp_url)
    if parts.scheme == "smtps":
        return ["SCOUTER_SMTP_PLAIN goes with an smtp:// address: smtps:// is encrypted from the first byte"]
    if not _is_loopback(parts.hostname or ""):
        return [
            "SCOUTER_SMTP_PLAIN is for a relay on loopback: to the host of SCOUTER_SMTP_URL others could read along"
        ]
    return []


def of_messages(checks: CheckSettings, messages: MessageSettings) -> list[str]:
    if messages.late_hours is not None and messages.late_hours > checks.late_days * 24:
        return [
            f"SCOUTER_LATE_MESSAGE_HOURS {messages.late_hours} is longer than SCOUTER_LATE_DAYS {checks.late_days}: "
            "windows that old are not checked again"
        ]
    return []


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return host.lower() == "localhost"


def of_archive(retention: RetentionSettings, records: RecordSettings) -> list[str]:
    if retention.archive_days is not None and retention.archive_days <= records.retention_days:
        return [
            f"SCOUTER_ARCHIVE_DAYS {retention.archive_days} is not larger than DATA_RETENTION_PERIOD "
            f"{records.retention_days}: records would leave the archive as soon as they get there"
        ]
    return []
