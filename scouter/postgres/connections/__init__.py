"""Who gets a connection, for how long he may wait, and what is known when it fails.

Begin with `connection_source.py`, what users see, and `session.py`, what a connection of ours is: with the settings of
`session_settings.py`, straight or through a pooler. Requests that may wait: `pool.py`, as large as `connection_room.py`
says. What messages depend on: `database_connections.py`, made of `ingest_pool.py` and `ingest_connection.py`, under
`breaker.py`. `query_deadlines.py` cuts off what hangs, `database_watch.py` asks whether Postgres is there, `errors.py`
tells an outage from bad content, `contention.py` tries again what others were in the way of, `stale_on_error_cache.py`
stands in meanwhile. Locks and sessions: `job_sessions.py`, `backend_sessions.py`, `stale_transactions.py`.
"""
