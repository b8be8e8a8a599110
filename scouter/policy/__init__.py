"""When people are told what: problems over alerts, and policy over messages. Values in, values out; no I/O, no clock.

Alerts are facts, which nothing here changes. In the order of a finding's way:

`identity.py` (what is the same problem), `check_verdicts.py` and `check_findings.py` (bad or not, by one check, with
the second opinions that `opinions.py` finds in it), `firing_rule.py` and `problem.py` (its states), `changes.py` and
`acknowledgement.py` (what people do to it), `telling.py` (what is to be said, and when), `escalation.py`; then
`groups.py`, `shared_causes.py`, `mentions.py` and `group_message.py` (one message for many). `replay.py` and
`replayed_group.py` run all of that over windows of the past.

What may be chosen: `policy.py` (the values), `keys.py` and `documents.py` (how they are written), `merging.py` (server,
space, profile, feature), with `durations.py`, `recipients.py` and `mutes.py`. `silences.py` are people's, with
`globs.py`. Profiles that stopped sending: `silent_profiles.py` over `usual_hours.py`, `hour_set.py` and `reception.py`
(since when everything can be received); `inhibition.py` says what another problem explains.
"""
