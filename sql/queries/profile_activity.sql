-- When records of profiles arrive, by the database's clock. Sets of hours have a bit for each of 672, the oldest first.

-- name: note_arrivals
-- Of one hour, as parallel lists. Entities without a profile, or gone by now, are passed over. A set of hours moves on
-- with its newest one; an hour of before falls into its place, or out of the set.
INSERT INTO profile_activity AS kept (entity_id, moved_at, first_at, hours, hours_from)
SELECT entity.id, noted.at, noted.at, set_bit(repeat('0', 672)::bit(672), 671, 1), %(hour)s - interval '671 hours'
FROM unnest(%(entity_ids)s::integer[], %(moments)s::timestamptz[]) AS noted (entity_id, at)
JOIN entity ON entity.id = noted.entity_id
WHERE EXISTS (SELECT FROM profile WHERE profile.entity_id = noted.entity_id)
ORDER BY entity.id
FOR KEY SHARE OF entity
ON CONFLICT (entity_id) DO UPDATE
SET moved_at = CASE WHEN kept.moved_at > clock_timestamp() THEN excluded.moved_at
                    ELSE greatest(kept.moved_at, excluded.moved_at) END,
    first_at = least(kept.first_at, excluded.first_at),
    hours = (kept.hours::bit(672)
             << greatest(extract(epoch FROM excluded.hours_from - kept.hours_from)::integer / 3600, 0))
            | (excluded.hours::bit(672)
               << greatest(extract(epoch FROM kept.hours_from - excluded.hours_from)::integer / 3600, 0)),
    hours_from = greatest(kept.hours_from, excluded.hours_from);

-- name: watched_profiles
-- Every active profile, and those that are told to be silent. A profile that was active before anybody looked is given
-- its time from then on.
SELECT profile.entity_id, entity.uid, entity.space, profile.active,
       greatest(coalesce(profile.activated_at, profile.created_at), reception.began_at) AS activated_at,
       activity.moved_at, activity.first_at, activity.hours::text AS hours, activity.hours_from,
       problem.since AS silent_since
FROM reception
CROSS JOIN profile
JOIN entity ON entity.id = profile.entity_id
LEFT JOIN profile_activity AS activity ON activity.entity_id = profile.entity_id
LEFT JOIN problem ON problem.entity_id = profile.entity_id AND problem.signal = 'silent' AND problem.subject = ''
                 AND problem.direction = '' AND problem.state = 'firing'
WHERE (profile.active OR problem.id IS NOT NULL)
  AND (%(entity_id)s::integer IS NULL OR profile.entity_id = %(entity_id)s::integer)
ORDER BY profile.entity_id;

-- name: lock_profile
-- With what a message about it needs. No row: it is gone.
SELECT profile.entity_id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type,
       profile.document::text AS document
FROM profile JOIN entity ON entity.id = profile.entity_id
WHERE profile.entity_id = %(entity_id)s
FOR UPDATE OF profile;

-- name: silent_profiles
SELECT count(*) FROM problem WHERE state = 'firing' AND signal = 'silent';

-- name: arrivals_of_profile
SELECT moved_at, first_at, hours::text AS hours, hours_from FROM profile_activity WHERE entity_id = %(entity_id)s;
