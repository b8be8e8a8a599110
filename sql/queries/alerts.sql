-- Pages by key, newest first. `above` and `below` are the exclusive bounds of (created_at, id); a bound that is not
-- given is infinite. There is one on each side, so that the index is entered right there. `direction` is DESC, or ASC
-- for a page before a cursor, which comes oldest first: the limit keeps what is next to the cursor.

-- name: alerts_of_entity
SELECT alert.id, alert.created_at, alert.entity_name, alert.alert::text AS alert, alert.active,
       entity.uid, entity.space, entity.name, entity.version, entity.drift_type
FROM alert JOIN entity ON entity.id = alert.entity_id
WHERE alert.entity_id = %(entity_id)s
  AND (%(active)s::boolean IS NULL OR alert.active = %(active)s::boolean)
  AND (alert.created_at, alert.id)
      > (coalesce(%(above_created_at)s::timestamptz, '-infinity'), coalesce(%(above_id)s::bigint, 0))
  AND (alert.created_at, alert.id)
      < (coalesce(%(below_created_at)s::timestamptz, 'infinity'), coalesce(%(below_id)s::bigint, 0))
ORDER BY alert.created_at {direction}, alert.id {direction}
LIMIT %(maximum)s;

-- name: recent_alerts
-- Over all profiles, or those of some spaces.
SELECT alert.id, alert.created_at, alert.entity_name, alert.alert::text AS alert, alert.active,
       entity.uid, entity.space, entity.name, entity.version, entity.drift_type
FROM alert JOIN entity ON entity.id = alert.entity_id
WHERE (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s::text[]))
  AND (%(drift_type)s::text IS NULL OR entity.drift_type = %(drift_type)s::text)
  AND (%(active)s::boolean IS NULL OR alert.active = %(active)s::boolean)
  AND (alert.created_at, alert.id)
      > (coalesce(%(above_created_at)s::timestamptz, '-infinity'), coalesce(%(above_id)s::bigint, 0))
  AND (alert.created_at, alert.id)
      < (coalesce(%(below_created_at)s::timestamptz, 'infinity'), coalesce(%(below_id)s::bigint, 0))
ORDER BY alert.created_at {direction}, alert.id {direction}
LIMIT %(maximum)s;

-- name: alerts_of_version
-- What the legacy wire lists: all drift types of one version.
SELECT alert.id, alert.created_at, alert.entity_name, alert.alert::text AS alert, alert.active,
       entity.uid, entity.space, entity.name, entity.version, entity.drift_type
FROM alert JOIN entity ON entity.id = alert.entity_id
WHERE entity.space = %(space)s AND entity.name = %(name)s AND entity.version = %(version)s
  AND (alert.active OR NOT %(only_active)s)
  AND alert.created_at >= coalesce(%(start)s::timestamptz, '-infinity')
ORDER BY alert.created_at DESC, alert.id DESC
LIMIT %(maximum)s;

-- name: space_of_alert
SELECT entity.space FROM alert JOIN entity ON entity.id = alert.entity_id WHERE alert.id = %(id)s;

-- name: set_alert_active
-- Who ended it stays with one that is ended again; of one that is open again nobody did.
UPDATE alert
SET active = %(active)s, updated_at = %(now)s,
    acknowledged_by = CASE WHEN %(active)s THEN NULL WHEN active THEN %(username)s ELSE acknowledged_by END,
    acknowledged_at = CASE WHEN %(active)s THEN NULL WHEN active THEN %(now)s ELSE acknowledged_at END,
    note = CASE WHEN %(active)s OR active THEN NULL ELSE note END
WHERE id = %(id)s;

-- name: add_alert
INSERT INTO alert (entity_id, entity_name, created_at, alert, run_id, late)
VALUES (%(entity_id)s, %(entity_name)s, %(created_at)s, %(alert)s::json, %(run_id)s, %(late)s)
RETURNING id;

-- name: alerts_of_window
-- What earlier checks of the same window have raised.
SELECT alert.alert::text AS alert
FROM alert JOIN check_run ON check_run.id = alert.run_id
WHERE check_run.entity_id = %(entity_id)s AND check_run.window_end = %(window_end)s;
