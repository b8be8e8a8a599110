"""The ways out for alerts: one file a channel. Each takes a notification and says what became of it.

Begin with `outcome.py`, the contract of a channel, and `routing.py`, which chooses. `console.py`, `slack.py`,
`opsgenie.py` and `webhook.py` are the four; they send through `http_post.py`, which `deadline.py` keeps in time.
`truncation.py` fits texts into what a service takes.
"""
