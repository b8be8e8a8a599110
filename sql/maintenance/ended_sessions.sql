-- Sessions of the pages that somebody signed out of. What has ended by itself meanwhile need not be known any more.

-- name: count_due
SELECT count(*) FROM ended_session WHERE until < %(before)s;

-- name: delete_due
WITH due AS (
    SELECT jti, until AS moment FROM ended_session
    WHERE until >= %(since)s AND until < %(before)s
    ORDER BY until
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM ended_session USING due WHERE ended_session.jti = due.jti RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
