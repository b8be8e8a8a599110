"""How the alerts of a profile are judged: what the server's settings say."""

from __future__ import annotations

from scouter.drift.judgement.rules import JudgementRules
from scouter.settings.alerting import AlertingSettings


def rules_of(settings: AlertingSettings) -> JudgementRules:
    return JudgementRules(judge=settings.judge, false_alarms=float(settings.false_alarm_days))
