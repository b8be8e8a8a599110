"""Alerts on their way to a team, from the outbox.

Begin with `delivery.py`: claim, send, record. `channels/routing.py` says which channel a profile wants and what its
settings lack; one file beside it for each channel. `retry_policy.py` says what follows a try that failed,
`worker_shares.py` how many workers one channel may keep busy.

Messages about problems: `group_clock.py` lets groups speak, `group_speech.py` is what one transaction does,
`group_judgement.py` what is to be said, `group_messages.py` in which words, `escalations.py` to whom else;
`problem_outbox.py` is the way into the outbox, `server_policy.py` what the settings overrule. `heartbeat.py` says
outside that all of that works.
"""
