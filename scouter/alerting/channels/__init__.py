"""The ways out for alerts: one file a channel. Each takes a notification, or a message about problems, and says what
became of it.

Begin with `outcome.py`, the contract of a channel, and `routing.py`, which chooses; `recipients.py` is whom a policy
names, `lacking.py` what a server's settings do not have for it. `console.py`, `slack.py`, `opsgenie.py`, `webhook.py`,
`mail.py`, `pagerduty.py` and `teams.py` are the seven. All but the first and `mail.py` send through `http_post.py`,
which `deadline.py` keeps in time; `slack_api.py` is one call of Slack, `smtp.py` one session with a mail server.
`slack_blocks.py` and `mail_text.py` lay messages out, `truncation.py`, `plain_text.py` and `endings.py` make texts for
all of them, `aliases.py` names by which services count.
"""
