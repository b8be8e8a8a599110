-- name: said_rows
-- What people say of the training rows of a profile, and what its tags say, the newest first: one row, always.
SELECT stated.training_rows, coalesce(stated.features::text, '{}') AS features, stated.updated_by, stated.updated_at,
       ARRAY(SELECT value FROM tag
             WHERE profile_entity_id = %(entity_id)s AND key = 'training_rows'
             ORDER BY created_at DESC, value
             LIMIT 10) AS tags
FROM (VALUES (1)) AS one (n) LEFT JOIN profile_judgement AS stated ON stated.entity_id = %(entity_id)s;

-- name: put_stated_rows
INSERT INTO profile_judgement (entity_id, training_rows, features, updated_by, updated_at)
VALUES (%(entity_id)s, %(training_rows)s, %(features)s::json, %(updated_by)s, clock_timestamp())
ON CONFLICT (entity_id) DO UPDATE
SET training_rows = excluded.training_rows, features = excluded.features, updated_by = excluded.updated_by,
    updated_at = excluded.updated_at;

-- name: take_back_stated_rows
DELETE FROM profile_judgement WHERE entity_id = %(entity_id)s;
