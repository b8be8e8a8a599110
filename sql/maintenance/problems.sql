-- Problems that have been over for long, with their history.

-- name: count_due
SELECT count(*) FROM problem WHERE changed_at < %(before)s AND state = 'ok' AND NOT followed;

-- name: delete_due
WITH due AS (
    SELECT id, changed_at AS moment FROM problem
    WHERE changed_at >= %(since)s AND changed_at < %(before)s AND state = 'ok' AND NOT followed
    ORDER BY changed_at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM problem USING due WHERE problem.id = due.id RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
