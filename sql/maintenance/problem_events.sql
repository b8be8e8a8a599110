-- The history of problems.

-- name: count_due
SELECT count(*) FROM problem_event WHERE at < %(before)s;

-- name: delete_due
WITH due AS (
    SELECT id, at AS moment FROM problem_event
    WHERE at >= %(since)s AND at < %(before)s
    ORDER BY at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM problem_event USING due WHERE problem_event.id = due.id RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
