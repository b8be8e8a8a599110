-- name: add_silence
INSERT INTO silence (id, matchers, starts_at, ends_at, comment, created_by)
VALUES (%(id)s, %(matchers)s::json, %(starts_at)s, %(ends_at)s, %(comment)s, %(by)s);

-- name: change_silence
UPDATE silence
SET matchers = %(matchers)s::json, starts_at = %(starts_at)s, ends_at = %(ends_at)s, comment = %(comment)s,
    updated_by = %(by)s, updated_at = clock_timestamp()
WHERE id = %(id)s;

-- name: expire_silence
-- It stays in the history. No row: it is over, or there is none.
UPDATE silence
SET ends_at = greatest(clock_timestamp(), starts_at), starts_at = least(starts_at, clock_timestamp()),
    updated_by = %(by)s, updated_at = clock_timestamp()
WHERE id = %(id)s AND ends_at > clock_timestamp()
RETURNING id;

-- name: silence
SELECT id, matchers::text AS matchers, starts_at, ends_at, comment, created_by, created_at, updated_by, updated_at,
       clock_timestamp() AS now
FROM silence WHERE id = %(id)s FOR UPDATE;

-- name: silences
-- Those that end last, first.
SELECT id, matchers::text AS matchers, starts_at, ends_at, comment, created_by, created_at, updated_by, updated_at,
       clock_timestamp() AS now
FROM silence
WHERE %(expired)s OR ends_at > clock_timestamp()
ORDER BY ends_at DESC, id
LIMIT %(maximum)s;

-- name: active_silences
SELECT id, matchers::text AS matchers, starts_at, ends_at, comment, created_by, created_at, updated_by, updated_at,
       %(now)s::timestamptz AS now
FROM silence
WHERE starts_at <= %(now)s AND ends_at > %(now)s;

-- name: matched_profiles
SELECT entity.space, entity.name, entity.version, entity.drift_type, '' AS signal, '' AS subject, '' AS direction
FROM profile JOIN entity ON entity.id = profile.entity_id
WHERE %(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s::text[])
ORDER BY entity.space, entity.name, entity.version, entity.drift_type;

-- name: matched_problems
SELECT problem.id, entity.space, entity.name, entity.version, entity.drift_type, problem.signal, problem.subject,
       problem.direction
FROM problem JOIN entity ON entity.id = problem.entity_id
WHERE problem.state = 'firing' AND (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s::text[]))
ORDER BY problem.id DESC;

-- name: wake_groups
-- They look anew at what they may say. Taken in the order of their keys, as by checks: else the two could wait for each
-- other in a circle.
UPDATE message_group SET notify_at = clock_timestamp(), opened_at = clock_timestamp(), instant = NULL
WHERE id IN (
    SELECT id FROM message_group
    WHERE (%(space)s::text IS NULL OR space = %(space)s)
      AND id IN (SELECT group_id FROM message_group_problem JOIN problem ON problem.id = problem_id
                 WHERE state = 'firing' OR told_state = 'firing')
    ORDER BY key
    FOR UPDATE);
