"""Checks of profiles on their schedules.

Begin with `poller.py`: workers that claim what is due. `checker.py` is one check from the claim to the record:
`evaluation.py` reads the window and asks `drift/`, and `judging.py` for a second opinion on what alerts;
`raise_alerts.py` stores alerts with the run and puts them into the outbox, `decide_problems.py` decides what stays
wrong over several checks, and `schedule_messages.py` when that is told. `late_sweep.py` checks windows again that
records arrived late for, `asked_checks.py` those that somebody asks for. `silence_sweep.py` looks for profiles that
have stopped sending, and `decide_silence.py` decides about one.
"""
