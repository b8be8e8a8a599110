"""The shape of the database: `migrations.py` makes it, `partitions.py` makes days of it, `detaching.py` takes days out
of it and `row_expiry.py` deletes old rows."""
