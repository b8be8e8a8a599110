-- name: claim_keys
-- Parallel lists. Keys that come back are new; in order, so that two transactions never wait for each other.
INSERT INTO idempotency_key (username, key, digest, stored, skipped)
SELECT sent.username, sent.key, sent.digest, sent.stored, sent.skipped::json
FROM unnest(%(username)s::text[], %(key)s::text[], %(digest)s::bytea[], %(stored)s::integer[], %(skipped)s::text[])
     AS sent (username, key, digest, stored, skipped)
ORDER BY sent.username, sent.key
ON CONFLICT DO NOTHING
RETURNING username, key;

-- name: known_keys
SELECT known.username, known.key, known.digest, known.stored, known.skipped::text AS skipped
FROM idempotency_key AS known
JOIN unnest(%(username)s::text[], %(key)s::text[]) AS sent (username, key) USING (username, key);

-- name: release_keys
DELETE FROM idempotency_key AS known
USING unnest(%(username)s::text[], %(key)s::text[]) AS sent (username, key)
WHERE known.username = sent.username AND known.key = sent.key;
