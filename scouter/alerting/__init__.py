"""Alerts on their way to a team, from the outbox.

Begin with `delivery.py`: claim, send, record. `channels/routing.py` says which channel a profile wants and what its
settings lack; one file beside it for each channel. `retry_policy.py` says what follows a try that failed,
`worker_shares.py` how many workers one channel may keep busy.
"""
