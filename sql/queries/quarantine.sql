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
LIMIT %(maximum)s;

-- name: quarantined_message
SELECT id, received_at, quarantined_at, transport, reason, detail, username, idempotency_key, size, replays, raw
FROM quarantine WHERE id = %(id)s;

-- name: beginning_of_quarantined
SELECT id, received_at, quarantined_at, transport, reason, detail, username, idempotency_key, size, replays,
       substring(raw FOR %(maximum)s) AS raw
FROM quarantine WHERE id = %(id)s;

-- name: oldest_quarantined
-- Whole, oldest first, at least one of them and not many more bytes than asked for.
SELECT id, received_at, quarantined_at, transport, reason, detail, username, idempotency_key, size, replays, raw
FROM (
    SELECT id AS chosen, sum(size) OVER (ORDER BY id) - size AS before
    FROM (
        SELECT id, size FROM quarantine
        WHERE (%(transport)s::text IS NULL OR transport = %(transport)s)
          AND (%(reason)s::text IS NULL OR reason = %(reason)s)
          AND id <= %(last)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
        ORDER BY id
        LIMIT %(maximum)s
    ) AS head
) AS summed
JOIN quarantine ON id = chosen
WHERE before < %(max_bytes)s
ORDER BY id;

-- name: quarantined_ids
-- Oldest first.
SELECT id FROM quarantine
WHERE (%(transport)s::text IS NULL OR transport = %(transport)s)
  AND (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND id <= %(last)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
ORDER BY id
LIMIT %(maximum)s;

-- name: count_quarantined
SELECT count(*) FROM quarantine
WHERE (%(transport)s::text IS NULL OR transport = %(transport)s)
  AND (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND id <= %(last)s AND (%(after)s::uuid IS NULL OR id > %(after)s);

-- name: lock_quarantined
-- Those that are there (still), for this transaction alone. Everybody who takes several takes them in this order, so
-- that two transactions never wait for each other.
SELECT id FROM quarantine WHERE id = ANY (%(ids)s::uuid[]) ORDER BY id FOR UPDATE;

-- name: replays_failed
-- Parallel lists.
UPDATE quarantine SET replays = replays + 1, reason = failed.reason, detail = failed.detail
FROM unnest(%(id)s::uuid[], %(reason)s::text[], %(detail)s::text[]) AS failed (id, reason, detail)
WHERE quarantine.id = failed.id;

-- name: delete_quarantined
DELETE FROM quarantine WHERE id = ANY (%(ids)s::uuid[]) RETURNING transport;

-- name: quarantine_totals
SELECT transport, reason, count(*) AS messages, sum(size)::bigint AS bytes
FROM quarantine GROUP BY transport, reason ORDER BY transport, reason;

-- name: try_lock_limits
-- One server at a time enforces the limits.
SELECT pg_try_advisory_xact_lock(hashtext('scouter_py.quarantine_limits'));

-- name: expire_by_age
DELETE FROM quarantine
WHERE id IN (SELECT id FROM quarantine WHERE quarantined_at < %(before)s
             ORDER BY quarantined_at LIMIT %(maximum)s FOR UPDATE SKIP LOCKED)
RETURNING transport;

-- name: quarantine_senders
SELECT username, reason, sum(size)::bigint AS bytes FROM quarantine GROUP BY username, reason;

-- name: expire_of_sender
-- The oldest of one sender and reason, as many as are too much. What is being replayed is left alone.
DELETE FROM quarantine
WHERE id IN (
    SELECT id FROM quarantine
    WHERE id IN (
        SELECT id FROM (
            SELECT id, sum(size) OVER (ORDER BY id) - size AS before
            FROM (SELECT id, size FROM quarantine WHERE username = %(username)s AND reason = %(reason)s
                  ORDER BY id LIMIT %(maximum)s) AS head
        ) AS oldest
        WHERE before < %(too_much)s)
    FOR UPDATE SKIP LOCKED)
RETURNING transport;

-- name: expire_of_reason
-- The oldest of one reason, as many as are too much. What is being replayed is left alone.
DELETE FROM quarantine
WHERE id IN (
    SELECT id FROM quarantine
    WHERE id IN (
        SELECT id FROM (
            SELECT id, sum(size) OVER (ORDER BY id) - size AS before
            FROM (SELECT id, size FROM quarantine WHERE reason = %(reason)s ORDER BY id LIMIT %(maximum)s) AS head
        ) AS oldest
        WHERE before < %(too_much)s)
    FOR UPDATE SKIP LOCKED)
RETURNING transport;
