"""Messages that cannot be stored, after they were put into quarantine by the transaction of their batch.

`replay.py` validates and stores them again; `removal.py` deletes them, by hand or by the limits. Each is counted.
`unsupported.py` says in the log how many came of kinds that this server does not keep, `fair_share.py` how much of it
each sender may keep when it is full.
"""
