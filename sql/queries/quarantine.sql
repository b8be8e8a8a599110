-- name: quarantine_page
-- Newest first: ids begin with the time.
SELECT id, received_at, quarantined_at, transport, reason, detail, username, idempotency_key, size, replays
FROM quarantine
WHERE (%(transport)s::text IS NULL OR transport = %(transport)s)
  AND (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
  AND (%(below)s::uuid IS NULL OR id < %(below)s)
ORDER BY id DESC
LIMIT %(most)s;

-- name: quarantined_message
SELECT id, received_at, quarantined_at, transport, reason, detail, username, idempotency_key, size, replays, raw
FROM quarantine WHERE id = %(id)s;

-- name: take_quarantined
-- Out of quarantine, for this transaction alone; a roll-back puts it back.
DELETE FROM quarantine WHERE id = %(id)s
RETURNING id, received_at, quarantined_at, transport, reason, detail, username, idempotency_key, size, replays, raw;

-- name: replay_failed
UPDATE quarantine SET replays = replays + 1, reason = %(reason)s, detail = %(detail)s WHERE id = %(id)s;

-- name: quarantined_ids
-- Oldest first.
SELECT id FROM quarantine
WHERE (%(transport)s::text IS NULL OR transport = %(transport)s)
  AND (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND id <= %(last)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
ORDER BY id
LIMIT %(most)s;

-- name: delete_quarantined
DELETE FROM quarantine WHERE id = ANY (%(ids)s::uuid[]) RETURNING transport;

-- name: quarantine_totals
SELECT transport, reason, count(*) AS messages, sum(size)::bigint AS bytes
FROM quarantine GROUP BY transport, reason ORDER BY transport, reason;

-- name: expire_by_age
DELETE FROM quarantine
WHERE id IN (SELECT id FROM quarantine WHERE quarantined_at < now() - make_interval(days => %(days)s)
             ORDER BY quarantined_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
RETURNING transport;

-- name: expire_by_size
-- The oldest of the reason that takes most room, about as many as are too much: one noisy sender does not drive out
-- what others left.
DELETE FROM quarantine
WHERE id IN (
    SELECT id FROM (
        SELECT id, sum(size) OVER (ORDER BY id) - size AS before
        FROM quarantine
        WHERE reason = (SELECT reason FROM quarantine GROUP BY reason ORDER BY sum(size) DESC LIMIT 1)
    ) AS oldest
    WHERE before < %(too_much)s)
RETURNING transport;
