"""The archive: days of records as Parquet in a store, and charts that read hot and archived records as one.

Out of the tables: `due.py` (which days), `archiver.py` (one pass), `freezing.py`, `moving.py` (a day to a file that is
read back). Into a chart: `history.py`, which asks Postgres and `queries.py`; `reads.py` bounds who may read at once.
`export.py` streams records to a client. `kinds.py`, `schemas.py` and `part_file.py` are the format, `stores/` the
places. The manifest, which knows what is where, is `postgres/tables/manifest.py`.
"""
