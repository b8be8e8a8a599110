-- name: lock_partitions
-- One maker of partitions at a time, over all servers of this database.
SELECT pg_advisory_xact_lock(hashtext('scouter_py.partitions'));

-- name: attached_partitions
-- The names of all partitions that are attached to one of the record tables.
SELECT child.relname AS name
FROM pg_inherits
JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE parent.relnamespace = current_schema()::regnamespace
  AND parent.relname = ANY (%(tables)s);

-- name: missing_partitions
-- Which of these names belong to no attached partition.
SELECT name
FROM unnest(%(names)s::text[]) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(name));
