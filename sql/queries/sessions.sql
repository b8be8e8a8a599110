-- name: end_lost_session
-- Of a name that one connection of one process has at a time, and only while it is at something when it goes through a
-- pooler. Anybody may end the sessions of their own role.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = %(name)s AND pid <> pg_backend_pid() AND datname = current_database()
  AND pg_has_role(usesysid, 'USAGE');

-- name: try_lock_for_session
-- Held until the session ends.
SELECT pg_try_advisory_lock(hashtext(%(name)s));

-- name: try_lock_for_transaction
SELECT pg_try_advisory_xact_lock(hashtext(%(name)s));

-- name: database_time
SELECT clock_timestamp();

-- name: session_number
SELECT pg_backend_pid();

-- name: blocking_sessions
-- Of sessions of other roles most of it is secret, and null.
SELECT pid, nullif(application_name, '') AS name, host(client_addr) AS address,
    extract(epoch FROM clock_timestamp() - xact_start)::double precision AS seconds
FROM pg_stat_activity
WHERE pid = ANY (pg_blocking_pids(%(pid)s))
ORDER BY pid;
