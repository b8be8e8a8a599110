-- Notes of late records that no sweep has taken. The windows they could be about have been over for longer than a
-- window is looked at again; a later one was checked after the note, and with the record.

-- name: count_due
SELECT count(*) FROM late_arrival WHERE stored_at < %(before)s;

-- name: delete_due
WITH due AS (
    SELECT id, stored_at AS moment FROM late_arrival
    WHERE stored_at >= %(since)s AND stored_at < %(before)s
    ORDER BY stored_at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM late_arrival USING due WHERE late_arrival.id = due.id RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
