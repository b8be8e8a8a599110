"""Everything that talks to Postgres: the pool, migrations, the embedded server and the named statements."""
