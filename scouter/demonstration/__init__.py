"""A company that is made up, and a server filled with thirty days of it, for whoever wants to see before deciding.

`company.py` is the company as data: its models in the terms of `models.py`, what went wrong with them and when.
`random_values.py` draws what they saw, from one seed. `documents.py`, `records.py`, `tags.py`, `request_metrics.py` and
`mistakes.py` write it down as clients send it.

`filling.py` is the order in which a server gets all that: `registrations.py`, then `senders.py` by the ordinary way of
a message, then `checking.py`, a check for each window, then `aftermath.py`, what people did about it.
`place.py` is where all this is kept, and the settings of a server that must not reach anything else.
"""
