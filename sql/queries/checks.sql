-- name: claim_check
-- The profile that has been due for longest and that nobody is at work on. All times are the database's, so that the
-- clocks of several servers need not agree.
UPDATE profile
SET lease_token = %(token)s, lease_until = clock_timestamp() + %(lease)s
FROM entity
WHERE entity.id = profile.entity_id
  AND profile.entity_id = (
      SELECT entity_id FROM profile
      WHERE active
        AND next_run <= clock_timestamp() - least(%(grace)s::interval, schedule_gap)
        AND (retry_at IS NULL OR retry_at <= clock_timestamp())
        AND (lease_until IS NULL OR lease_until < clock_timestamp())
      ORDER BY next_run
      LIMIT 1
      FOR UPDATE SKIP LOCKED)
RETURNING profile.entity_id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type,
          profile.document::text AS document, profile.schedule, profile.previous_run, profile.attempts,
          profile.lease_token, clock_timestamp() AS claimed_at, least(%(grace)s::interval, schedule_gap) AS grace;

-- name: renew_leases
UPDATE profile SET lease_until = clock_timestamp() + %(lease)s WHERE lease_token = ANY (%(tokens)s);

-- name: schedule_under_lease
-- The present schedule, locked. No row: the lease has lapsed (the sweep for late records relies on nobody recording
-- after that), went to somebody else, or the profile was switched on anew.
SELECT schedule FROM profile
WHERE entity_id = %(entity_id)s AND lease_token = %(token)s AND lease_until >= clock_timestamp()
FOR UPDATE;

-- name: finish_check
WITH mirrored AS (
    UPDATE entity SET check_gap = %(schedule_gap)s
    WHERE id = %(entity_id)s AND check_gap IS DISTINCT FROM %(schedule_gap)s::interval)
UPDATE profile
SET previous_run = %(window_end)s, next_run = %(next_run)s, active = active AND %(fires_again)s,
    deactivated_at = CASE WHEN active AND NOT %(fires_again)s THEN clock_timestamp() ELSE deactivated_at END,
    schedule_gap = %(schedule_gap)s,
    lease_token = NULL, lease_until = NULL, attempts = 0, retry_at = NULL
WHERE entity_id = %(entity_id)s AND lease_token = %(token)s;

-- name: retry_check
UPDATE profile
SET lease_token = NULL, lease_until = NULL, attempts = attempts + 1, retry_at = clock_timestamp() + %(pause)s
WHERE entity_id = %(entity_id)s AND lease_token = %(token)s;

-- name: seconds_until_due
-- How long nothing will be due, as far as is known now. `greatest` passes over a retry_at that is null.
SELECT extract(epoch FROM min(greatest(next_run + least(%(grace)s::interval, schedule_gap), retry_at)) - clock_timestamp())::double precision
       AS seconds
FROM profile WHERE active AND (lease_until IS NULL OR lease_until < clock_timestamp());

-- name: schedule_of
SELECT schedule, created_at FROM profile WHERE entity_id = %(entity_id)s;

-- name: waiting_check
-- What the next check of a profile waits for.
SELECT active, previous_run, next_run, retry_at, coalesce(lease_until >= clock_timestamp(), false) AS is_under_way,
       next_run + least(%(grace)s::interval, schedule_gap) AS due_at, clock_timestamp() AS now
FROM profile WHERE entity_id = %(entity_id)s;
