-- Silences that have been over for a year.

-- name: count_due
SELECT count(*) FROM silence WHERE ends_at < %(before)s;

-- name: delete_due
WITH due AS (
    SELECT id, ends_at AS moment FROM silence
    WHERE ends_at >= %(since)s AND ends_at < %(before)s
    ORDER BY ends_at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM silence USING due WHERE silence.id = due.id RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
