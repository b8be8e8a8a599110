-- name: run_neighbours
-- The checks of the same profile that were made before and after it. From the index, one row on each side.
SELECT (SELECT max(id) FROM check_run WHERE entity_id = run.entity_id AND id < run.id) AS previous,
       (SELECT min(id) FROM check_run WHERE entity_id = run.entity_id AND id > run.id) AS next
FROM check_run AS run
WHERE run.id = %(id)s;
