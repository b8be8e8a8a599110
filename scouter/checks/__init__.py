"""Checks of profiles on their schedules.

Begin with `poller.py`: workers that claim what is due. `checker.py` is one check from the claim to the record:
`evaluation.py` reads the window and asks `drift/`, `raise_alerts.py` stores alerts with the run and puts them into the
outbox, `decide_problems.py` says what that makes of problems and `schedule_messages.py` who has to hear of it.
`late_sweep.py` checks windows again that records arrived late for, `asked_checks.py` those that somebody asks
for.
"""
