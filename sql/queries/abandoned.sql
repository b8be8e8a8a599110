-- name: end_abandoned
-- Sessions of consumers whose transaction is older than any of them is meant to be: their process is frozen, or gone
-- without a word. A timeout does not end them while they wait for the data of a COPY. One that begins later than now was
-- begun when the clock was ahead.
SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
WHERE datname = current_database() AND pg_has_role(usesysid, 'USAGE') AND pid <> pg_backend_pid()
  AND starts_with(application_name, %(purpose)s)
  AND xact_start NOT BETWEEN clock_timestamp() - make_interval(secs => %(seconds)s)
                         AND clock_timestamp() + make_interval(secs => %(seconds)s);
