-- Alerts, whatever their state: only people ever end one, so that most stay active, and would stay for ever. One that
-- somebody has touched is kept for the whole period from then.

-- name: count_due
SELECT count(*) FROM alert WHERE created_at < %(before)s AND updated_at < %(before)s;

-- name: delete_due
WITH due AS (
    SELECT id, created_at AS moment FROM alert
    WHERE created_at >= %(since)s AND created_at < %(before)s AND updated_at < %(before)s
    ORDER BY created_at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM alert USING due WHERE alert.id = due.id RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
