-- Keys under which messages were sent. One that is gone counts as new again.

-- name: count_due
SELECT count(*) FROM idempotency_key WHERE stored_at < %(before)s;

-- name: delete_due
WITH due AS (
    SELECT username, key, stored_at AS moment FROM idempotency_key
    WHERE stored_at >= %(since)s AND stored_at < %(before)s
    ORDER BY stored_at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM idempotency_key AS known USING due
    WHERE known.username = due.username AND known.key = due.key
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
