-- Queries whose rows leave Postgres as Arrow batches. They are written out in full, for COPY takes no parameters.

-- name: whole_table
-- In the order of uids as bytes, so that the statistics of a file tell where a profile is. Rows of profiles that are
-- deleted are left out. Within a profile as the index has them, by time: sorting is cheaper where they go.
SELECT record.*
FROM (SELECT id FROM entity ORDER BY uid COLLATE "C") AS entity
CROSS JOIN LATERAL (
    SELECT * FROM {records} WHERE entity_id = entity.id ORDER BY created_at
) AS record

-- name: window_of_one
SELECT * FROM {records}
WHERE entity_id = {entity_id} AND created_at >= {start} AND created_at < {end}
ORDER BY created_at

-- name: all_entities
SELECT id, uid, space, name, version FROM entity;

-- name: names_of_features
SELECT id, name FROM feature WHERE id = ANY (%(ids)s);
