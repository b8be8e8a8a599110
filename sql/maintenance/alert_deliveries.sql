-- Receipts of alerts: what was delivered and what was given up. What still waits is kept, however old.

-- name: count_due
SELECT count(*) FROM alert_delivery WHERE created_at < %(before)s AND state <> 'pending';

-- name: delete_due
WITH due AS (
    SELECT id, created_at AS moment FROM alert_delivery
    WHERE created_at >= %(since)s AND created_at < %(before)s AND state <> 'pending'
    ORDER BY created_at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM alert_delivery USING due WHERE alert_delivery.id = due.id RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
