-- name: database_state
SELECT current_database() AS name, session_user AS role, pg_encoding_to_char(encoding) AS encoding,
       pg_is_in_recovery() AS is_standby, current_setting('default_transaction_read_only')::boolean AS is_read_only
FROM pg_database WHERE datname = current_database();

-- name: source_of_read_only
-- Who has set it, in the words of the view.
SELECT source FROM pg_settings WHERE name = 'default_transaction_read_only';

-- name: foreign_owners
-- Of tables of ours that this role may not make partitions of.
SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
WHERE relnamespace = to_regnamespace('scouter_py') AND relkind IN ('r', 'p') AND NOT pg_has_role(relowner, 'USAGE');

-- name: connection_limits
-- How many connections the role, the database and the server let us have; null: as many as the others let us. Limits of
-- roles and databases do not hold for superusers.
SELECT session_user AS role,
       CASE WHEN rolsuper OR rolconnlimit < 0 THEN NULL ELSE rolconnlimit END AS of_role,
       CASE WHEN rolsuper OR datconnlimit < 0 THEN NULL ELSE datconnlimit END AS of_database,
       current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
           - coalesce(current_setting('reserved_connections', true), '0')::integer AS of_server
FROM pg_roles, pg_database WHERE rolname = session_user AND datname = current_database();
