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

-- name: model_versions
-- Of all kinds together, the latest first; with the entity of its request metrics, once some have come.
SELECT version, max(id) FILTER (WHERE drift_type = 'Service') AS service_id
FROM entity
WHERE space = %(space)s AND name = %(name)s
GROUP BY version
ORDER BY max(id) DESC
LIMIT %(maximum)s;
