-- Times that only a server has which ran in the past: the demonstration sets them back, and writes nothing else by hand.

-- name: set_back_profile
-- As if it had been registered then and checked since: the window that begins with `previous_run` is the next one.
WITH mirrored AS (
    UPDATE entity SET created_at = %(registered_at)s WHERE id = %(entity_id)s)
UPDATE profile
SET created_at = %(registered_at)s, previous_run = %(previous_run)s, next_run = %(next_run)s
WHERE entity_id = %(entity_id)s;

-- name: set_back_runs
UPDATE check_run SET finished_at = started_at + interval '45 milliseconds';

-- name: set_back_deliveries
UPDATE alert_delivery SET delivered_at = created_at + interval '1 second' WHERE state = 'delivered';

-- name: pending_deliveries
SELECT count(*) FROM alert_delivery WHERE state = 'pending';
