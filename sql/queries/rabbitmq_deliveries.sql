-- name: share_deliveries
-- Who stores messages holds this lock in its shared form, so that who takes it alone sees what all of them have stored,
-- also those whose server was killed while they were committing.
SELECT pg_advisory_xact_lock_shared(hashtext('scouter_py.rabbitmq'));

-- name: settle_deliveries
SELECT pg_advisory_xact_lock(hashtext('scouter_py.rabbitmq'));

-- name: add_deliveries
-- Parallel lists. What is there already was written by an earlier try of the same batch.
INSERT INTO rabbitmq_delivery (session, number, digest)
SELECT %(session)s::uuid, stored.* FROM unnest(%(numbers)s::bigint[], %(digests)s::bytea[]) AS stored
ON CONFLICT DO NOTHING;

-- name: take_over_delivery
-- A message that comes again and is stored already: from now on this session answers for it. No row: it is not stored.
UPDATE rabbitmq_delivery SET session = %(session)s, number = %(number)s, stored_at = now()
WHERE id = (SELECT id FROM rabbitmq_delivery WHERE digest = %(digest)s AND session <> %(session)s ORDER BY id LIMIT 1);

-- name: forget_deliveries
-- What the broker knows to be stored.
DELETE FROM rabbitmq_delivery WHERE session = %(session)s AND number <= %(number)s;
