-- Receipts of stored batches. They answer those who try a batch again; what is older is not tried any more.

-- name: count_due
SELECT count(*) FROM batch_receipt WHERE stored_at < %(before)s;

-- name: delete_due
WITH due AS (
    SELECT id, stored_at AS moment FROM batch_receipt
    WHERE stored_at >= %(since)s AND stored_at < %(before)s
    ORDER BY stored_at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM batch_receipt USING due WHERE batch_receipt.id = due.id RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
