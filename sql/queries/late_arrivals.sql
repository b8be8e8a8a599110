-- name: add_late_arrivals
-- Parallel lists.
INSERT INTO late_arrival (entity_id, first_created_at, last_created_at)
SELECT * FROM unnest(%(entity_ids)s::integer[], %(first)s::timestamptz[], %(last)s::timestamptz[]);

-- name: quiet_entities
-- Profiles to which nothing late has come for a while; what came when the clock was ahead came a while ago. Of those
-- that are checked more often than that, no such long while: late records of some window come all the time.
SELECT entity_id FROM late_arrival LEFT JOIN profile USING (entity_id)
GROUP BY entity_id
HAVING max(stored_at) NOT BETWEEN clock_timestamp() - least(%(quiet)s::interval, max(schedule_gap))
                              AND clock_timestamp() + interval '1 minute'
ORDER BY min(stored_at)
LIMIT 100;

-- name: take_late_arrivals
-- All of one profile's, for this transaction alone.
DELETE FROM late_arrival WHERE id IN (
    SELECT id FROM late_arrival WHERE entity_id = %(entity_id)s FOR UPDATE SKIP LOCKED)
RETURNING first_created_at, last_created_at;

-- name: profile_for_sweep
-- Locked, so that no check of the same profile is recorded meanwhile. No row: one is under way, which may not have seen
-- the late records.
SELECT profile.entity_id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type,
       profile.document::text AS document
FROM profile JOIN entity ON entity.id = profile.entity_id
WHERE profile.entity_id = %(entity_id)s
  AND (profile.lease_until IS NULL OR profile.lease_until < clock_timestamp())
FOR UPDATE OF profile;
