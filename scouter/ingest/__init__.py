"""The way in: from bytes to rows that are committed, for every transport.

Begin with `pipeline.py`: the parts and their order. A message: `messages/inbound.py`, `writer/gateway.py`,
`validation/validator.py`, `writer/write_queue.py`, `writer/writer.py`, `storage/postgres_batch_store.py`. When Postgres
is away: `spool/`. What cannot be stored: `quarantine/`. What became of everything: `ledger/`. Brokers:
`consumer_set.py` and `consumers/`. For which profiles records came: `arrivals.py`, `arrival_notes.py`. `core.py` is
what all of them share.
"""
