"""The transaction of a batch.

Begin with `batch_store.py`: what it promises. `postgres_batch_store.py` keeps it: receipt, claims, keys, COPY, and what
Postgres rejects found and left out.
`batch_finalizer.py` ends it: quarantine and ledger. `rejection_limit.py` stops when nothing is good any more;
`batch_metrics.py` counts what was committed.
"""
