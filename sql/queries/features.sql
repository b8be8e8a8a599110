-- name: features_of_entity
SELECT id, name FROM feature WHERE entity_id = %(entity_id)s;

-- name: names_of_entity
-- Whether the profile's present document names them, were used within so many days, and are noted as used today. The
-- document of a custom profile has metrics instead of features.
WITH named AS (
    SELECT json_object_keys(coalesce(document -> 'features', document -> 'metrics')) AS name
    FROM profile WHERE entity_id = %(entity_id)s
), today AS (SELECT (now() AT TIME ZONE 'UTC')::date AS day)
SELECT feature.id, feature.name, named.name IS NOT NULL AS is_named,
       used_on > today.day - %(days)s AS is_used, used_on >= today.day AS is_noted
FROM today CROSS JOIN feature LEFT JOIN named USING (name)
WHERE feature.entity_id = %(entity_id)s;

-- name: names_of_profile
-- Those of some names that the profile's present document names.
SELECT name
FROM profile, json_object_keys(coalesce(document -> 'features', document -> 'metrics')) AS name
WHERE profile.entity_id = %(entity_id)s AND name = ANY (%(names)s);

-- name: lock_features_of_entity
-- Keeps two servers from passing the limit of names together.
SELECT pg_advisory_xact_lock(hashtext('scouter_py.feature'), %(entity_id)s);

-- name: add_features
-- Names arrive sorted, so that two transactions never wait for each other in a circle. One that nobody has used for long
-- is there already.
INSERT INTO feature (entity_id, name)
SELECT %(entity_id)s, name FROM unnest(%(names)s::text[]) AS name
ON CONFLICT (entity_id, name) DO UPDATE SET used_on = (now() AT TIME ZONE 'UTC')::date;

-- name: use_features
-- Once a day.
UPDATE feature SET used_on = (now() AT TIME ZONE 'UTC')::date
WHERE id = ANY (%(ids)s) AND used_on < (now() AT TIME ZONE 'UTC')::date;
