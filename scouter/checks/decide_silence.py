"""Whether one profile is silent, in the transaction that says so: the third way in which a problem changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from scouter.checks.schedule_messages import MessagePlan, schedule_messages
from scouter.policy.changes import deactivated
from scouter.policy.identity import ProblemKey, Signal
from scouter.policy.policy import Policy
from scouter.policy.problem import Change, Problem, Reason, Verdict, advanced
from scouter.policy.reception import Reception
from scouter.policy.silent_profiles import Activity, is_over, is_unwanted, silent
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profile
from scouter.postgres.tables.problems import StoredProblem, add_problem_event, problems_of_check, put_problem
from scouter.postgres.tables.profile_activity import WatchedProfile, lock_watched, watched_profiles
from scouter.postgres.tables.reception import reception
from scouter.settings.alerting import AlertingSettings

_A_MOMENT = timedelta(microseconds=1)


def is_changed(profile: WatchedProfile, policy: Policy, seen: Reception, now: datetime) -> bool:
    """It is told to be silent and is not, or the other way round."""
    if profile.silent_since is not None:
        return not profile.active or is_over(profile.silent_since, _activity(profile, seen, now), policy)
    return _begins(profile, policy, seen, now) is not None


def decide_silence(connection: Connection, entity_id: int, alerting: AlertingSettings) -> bool:
    """Whether anything has changed. It is looked at anew: what was seen before it was held may be over."""
    held = lock_watched(connection, entity_id)
    found = watched_profiles(connection, entity_id)
    if held is None or not found:
        return False
    (profile,) = found
    policy = policies_of_profile(connection, entity_id, profile.space).policy()
    before, now = reception(connection).reception, reception(connection).now
    key = ProblemKey(profile.uid, Signal.silent)
    stored = problems_of_check(connection, entity_id, profile.uid, [key]).get(key) or StoredProblem(
        None, key, Problem()
    )
    change = _change(stored.problem, profile, policy, before, now)
    if change is None:
        return False
    after = replace(stored, problem=change.problem)
    after = replace(after, id=_store(connection, entity_id, after, change, now))
    schedule_messages(connection, [(after, policy)], MessagePlan(held, policy, alerting, now, now))
    return True


def _change(problem: Problem, profile: WatchedProfile, policy: Policy, seen: Reception, now: datetime) -> Change | None:
    if profile.silent_since is None:
        since = _begins(profile, policy, seen, now)
        return None if since is None else _advanced(problem, since, policy, now, bad=True)
    if not profile.active:
        return deactivated(problem, now)
    activity = _activity(profile, seen, now)
    if not is_over(profile.silent_since, activity, policy):
        return None
    if is_unwanted(activity, policy):
        ended = _advanced(problem, now, policy, now, bad=False)
        return replace(ended, problem=replace(ended.problem, reason=Reason.policy_changed))
    return _advanced(problem, activity.last_arrival or now, policy, now, bad=False)


def _begins(profile: WatchedProfile, policy: Policy, seen: Reception, now: datetime) -> datetime | None:
    """Since when it is silent. None: it is not, or nothing could be received."""
    if not profile.active or seen.without_gap_since is None:
        return None
    found = silent(_activity(profile, seen, now), policy, now)
    return None if found is None else found.since


def _advanced(problem: Problem, moment: datetime, policy: Policy, now: datetime, *, bad: bool) -> Change:
    """A verdict for that moment; it is the newest one, whatever clocks have done."""
    last = problem.verdicts[-1].window_end if problem.verdicts else problem.settled_until
    end = moment if last is None else max(moment, last + _A_MOMENT)
    return advanced(problem, [Verdict(end, bad)], policy.firing_rule(Signal.silent, None), now)


def _activity(profile: WatchedProfile, seen: Reception, now: datetime) -> Activity:
    return Activity(
        activated_at=profile.activated_at,
        last_arrival=profile.moved_at,
        history_from=profile.first_at,
        received=profile.received(now),
        watched=seen.watched,
        watched_from=seen.without_gap_since or now,
    )


def _store(connection: Connection, entity_id: int, after: StoredProblem, change: Change, now: datetime) -> int:
    """Its id. No check has a say in it, so checks do not look at it."""
    problem = after.problem
    stored = put_problem(connection, entity_id, after, followed=False, run_id=None)
    if change.step is not None:
        detail = msgspec.json.encode({"since": problem.since, "reason": problem.reason}).decode()
        add_problem_event(connection, stored, change.step.value, at=now, episode=problem.episode, detail=detail)
    return stored
