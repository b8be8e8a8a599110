-- The history of checks. Alerts outlive the runs that raised them.

-- name: count_due
SELECT count(*) FROM check_run WHERE finished_at < %(before)s;

-- name: delete_due
WITH due AS (
    SELECT id, finished_at AS moment FROM check_run
    WHERE finished_at >= %(since)s AND finished_at < %(before)s
    ORDER BY finished_at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM check_run USING due WHERE check_run.id = due.id RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
