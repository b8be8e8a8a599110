-- The outbox of alerts. A claim counts as an attempt, and its number is the token of whoever holds it.

-- name: enqueue_delivery
-- Due at once, also where the check that it is of was claimed by a clock that was ahead.
INSERT INTO alert_delivery (entity_id, alert_ids, channel, destination, payload, created_at, next_attempt_at)
VALUES (%(entity_id)s, %(alert_ids)s, %(channel)s, %(destination)s::json, %(payload)s::json, %(now)s,
        least(%(now)s, clock_timestamp()))
RETURNING id;

-- name: claim_delivery
-- The one that has been due for longest in any of these channels. What others are claiming is passed over.
WITH due AS (
    SELECT first.id
    FROM unnest(%(channels)s::text[]) AS open (channel)
    CROSS JOIN LATERAL (
        SELECT id, next_attempt_at
        FROM alert_delivery
        WHERE state = 'pending' AND alert_delivery.channel = open.channel AND next_attempt_at <= %(now)s
          AND (claim_until IS NULL OR claim_until <= %(now)s)
        ORDER BY next_attempt_at, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    ) AS first
    ORDER BY first.next_attempt_at, first.id
    LIMIT 1
)
UPDATE alert_delivery
SET attempts = attempts + 1, claimed_by = %(claimed_by)s, claim_until = %(claim_until)s
FROM due
WHERE alert_delivery.id = due.id
RETURNING alert_delivery.id, channel, attempts, created_at,
          destination::text AS destination_text, payload::text AS payload;

-- name: record_delivered
-- Whoever holds the claim by now: it has been sent.
UPDATE alert_delivery
SET state = 'delivered', delivered_at = %(now)s, receipt = %(receipt)s, remote = %(remote)s::json,
    claimed_by = NULL, claim_until = NULL
WHERE id = %(id)s AND state = 'pending';

-- name: record_retry
UPDATE alert_delivery
SET last_error = %(error)s, next_attempt_at = %(next_attempt_at)s, claimed_by = NULL, claim_until = NULL
WHERE id = %(id)s AND state = 'pending' AND attempts = %(attempts)s;

-- name: record_given_up
UPDATE alert_delivery
SET state = 'given_up', last_error = %(error)s, claimed_by = NULL, claim_until = NULL
WHERE id = %(id)s AND state = 'pending' AND attempts = %(attempts)s
RETURNING group_id, undo::text AS undo;

-- name: delivery_page
-- Newest first, from below the cursor. Null filters let everything pass; `spaces` null is every space.
SELECT delivery.id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type, delivery.channel,
       delivery.alert_ids, delivery.state, delivery.created_at, delivery.attempts, delivery.next_attempt_at,
       delivery.delivered_at, delivery.last_error, delivery.receipt
FROM alert_delivery AS delivery JOIN entity ON entity.id = delivery.entity_id
WHERE (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s::text[]))
  AND (%(entity_id)s::integer IS NULL OR delivery.entity_id = %(entity_id)s::integer)
  AND (%(state)s::text IS NULL OR delivery.state = %(state)s::text)
  AND (%(alert_ids)s::bigint[] IS NULL OR delivery.alert_ids && %(alert_ids)s::bigint[])
  AND (%(below_id)s::bigint IS NULL OR delivery.id < %(below_id)s::bigint)
ORDER BY delivery.id DESC
LIMIT %(maximum)s;
