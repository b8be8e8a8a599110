-- name: open_batch
-- Three answers in one round trip. Deleting a profile holds the other form of this lock, so an entity that is there
-- stays until the batch is committed. No receipt comes back when this batch is stored already. The time is that of the
-- clock by which windows are checked.
SELECT pg_advisory_xact_lock_shared(hashtext('scouter_py.entities')), now();
SELECT id, CASE WHEN check_gap / 4 < %(late_after)s::interval THEN %(late_after)s::interval - check_gap / 4 END
FROM entity WHERE id = ANY (%(entity_ids)s);
INSERT INTO batch_receipt (id) VALUES (%(id)s) ON CONFLICT DO NOTHING RETURNING id;

-- name: add_receipt
-- For what is written under an id, but without records.
INSERT INTO batch_receipt (id) VALUES (%(id)s) ON CONFLICT DO NOTHING;
