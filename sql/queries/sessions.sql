-- name: own_session
SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid();

-- name: end_session
-- Anybody may end the sessions of their own role.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = %(pid)s AND backend_start = %(backend_start)s;

-- name: try_lock_for_session
-- Held until the session ends.
SELECT pg_try_advisory_lock(hashtext(%(name)s));

-- name: database_time
SELECT clock_timestamp();
