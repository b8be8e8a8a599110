-- Drops one daily partition with everything in it, or gives up: lock_not_available, see detach_partition.sql.
-- {parent}, {partition} are identifiers.
SET LOCAL lock_timeout TO '500ms';
LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE;
SET LOCAL lock_timeout TO '50ms';
DROP TABLE {partition};
