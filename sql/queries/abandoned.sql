-- name: end_abandoned
-- Sessions of consumers whose transaction is older than any of them is meant to be: their process is frozen, or gone
-- without a word. A timeout does not end them while they wait for the data of a COPY.
SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
  AND starts_with(application_name, %(purpose)s) AND xact_start < clock_timestamp() - make_interval(secs => %(seconds)s);
