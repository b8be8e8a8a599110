"""One file a table or noun: the statements of `sql/queries/<noun>.sql` as typed one-line functions.

The ones to know first: `entities.py` and `features.py` (names to numbers), `records.py` (COPY and receipts),
`checks.py` and `runs.py`, `alerts.py` and `deliveries.py`, `manifest.py` (what is in the archive).
"""
