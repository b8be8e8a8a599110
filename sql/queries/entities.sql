-- name: entity_by_uid
SELECT id, uid, space, name, version, drift_type FROM entity WHERE uid = %(uid)s;

-- name: entity_by_name
SELECT id, uid, space, name, version, drift_type
FROM entity
WHERE space = %(space)s AND name = %(name)s AND version = %(version)s AND drift_type = %(drift_type)s;

-- name: add_entity
-- Nothing comes back when the name is taken.
INSERT INTO entity (uid, space, name, version, drift_type)
VALUES (%(uid)s, %(space)s, %(name)s, %(version)s, %(drift_type)s)
ON CONFLICT (space, name, version, drift_type) DO NOTHING
RETURNING id, uid, space, name, version, drift_type;

-- name: entity_versions
-- Every version of one name and drift type.
SELECT version FROM entity
WHERE space = %(space)s AND name = %(name)s AND drift_type = %(drift_type)s;

-- name: features_of_entity
SELECT id, name FROM feature WHERE entity_id = %(entity_id)s;

-- name: lock_features_of_entity
-- Keeps two servers from passing the limit of names together.
SELECT pg_advisory_xact_lock(hashtext('scouter_py.feature'), %(entity_id)s);

-- name: add_features
-- Names arrive sorted, so that two transactions never wait for each other in a circle.
INSERT INTO feature (entity_id, name)
SELECT %(entity_id)s, name FROM unnest(%(names)s::text[]) AS name
ON CONFLICT (entity_id, name) DO NOTHING;
