-- Takes one daily partition out of its table and gives it another name, in the transaction of the caller, or gives up:
-- lock_not_available, and the caller tries again later. {parent}, {partition}, {new_name} are identifiers.
-- Whoever comes while this waits for a long reader waits behind it. Writers give up after a second, so it waits for
-- half of one; then it has the table, and next to nobody (a vacuum) can be at the partition alone.
SET LOCAL lock_timeout TO '500ms';
LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE;
SET LOCAL lock_timeout TO '50ms';
ALTER TABLE {parent} DETACH PARTITION {partition};
ALTER TABLE {partition} RENAME TO {new_name};
