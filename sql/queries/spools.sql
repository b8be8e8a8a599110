-- name: installation
SELECT id FROM installation;

-- name: open_spool
INSERT INTO spool (id) VALUES (%(id)s) ON CONFLICT DO NOTHING;

-- name: spool_position
SELECT next FROM spool WHERE id = %(id)s;

-- name: move_spool
-- No row: somebody else drained these messages.
UPDATE spool SET next = %(next)s WHERE id = %(id)s AND next = %(expected)s;

-- name: settled_batches
SELECT id FROM batch_receipt WHERE id = ANY (%(ids)s::uuid[]);
