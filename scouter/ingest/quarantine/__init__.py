"""Messages that cannot be stored, after they were put into quarantine by the transaction of their batch.

`replay.py` validates and stores them again; `removal.py` deletes them, by hand or by the limits. Each is counted.
"""
