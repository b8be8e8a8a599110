-- name: add_receipt
-- No row comes back when this batch is stored already.
INSERT INTO batch_receipt (id) VALUES (%(id)s) ON CONFLICT DO NOTHING RETURNING id;
