"""Everything that talks to Postgres.

Begin with `statements.py`: SQL in files, as typed functions. `tables/` has a file for each noun of `sql/queries`.
`database.py` chooses which Postgres, `requirements.py` says what it has to be, `database_server.py` is it as a part of
the server, `embedded/` one of our own.
`connections/` hands out connections and ends waiting, `schema/` makes tables, partitions and lets old rows go.
"""
