-- name: read_clock
SELECT seen_at, steady_since, settled_at, was_ahead_by, clock_timestamp() AS now FROM clock;

-- name: lock_clock
-- The same, until the end of the transaction nobody else's.
SELECT seen_at, steady_since, settled_at, was_ahead_by, clock_timestamp() AS now FROM clock FOR UPDATE;

-- name: put_clock
INSERT INTO clock (seen_at, steady_since, settled_at, was_ahead_by)
VALUES (%(seen_at)s, %(steady_since)s, %(settled_at)s, %(was_ahead_by)s)
ON CONFLICT (only_one) DO UPDATE
SET seen_at = excluded.seen_at, steady_since = excluded.steady_since, settled_at = excluded.settled_at,
    was_ahead_by = excluded.was_ahead_by;
