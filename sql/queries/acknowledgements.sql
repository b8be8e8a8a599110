-- Who ended which alerts, and when. Whoever may is asked before: by space.

-- name: spaces_of_alerts
SELECT alert.id, entity.space FROM alert JOIN entity ON entity.id = alert.entity_id WHERE alert.id = ANY (%(ids)s);

-- name: alerts_of_run
SELECT id FROM alert WHERE run_id = %(run_id)s;

-- name: acknowledge_alerts
-- One that is acknowledged already keeps who did it.
UPDATE alert
SET active = false, acknowledged_by = %(username)s, acknowledged_at = %(now)s, note = %(note)s, updated_at = %(now)s
WHERE id = ANY (%(ids)s) AND active;

-- name: acknowledge_until
-- All of one profile, or of one of its features.
UPDATE alert
SET active = false, acknowledged_by = %(username)s, acknowledged_at = %(now)s, note = %(note)s, updated_at = %(now)s
WHERE active AND entity_id = %(entity_id)s
  AND (%(feature)s::text IS NULL OR entity_name = %(feature)s)
  AND created_at <= %(until)s;

-- name: alerts_acknowledged_together
SELECT alert.id, entity.space
FROM alert JOIN entity ON entity.id = alert.entity_id
WHERE alert.acknowledged_at = %(at)s AND alert.acknowledged_by = %(username)s;

-- name: reopen_alerts
UPDATE alert
SET active = true, acknowledged_by = NULL, acknowledged_at = NULL, note = NULL, updated_at = %(now)s
WHERE id = ANY (%(ids)s) AND NOT active;
