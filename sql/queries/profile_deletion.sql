-- name: lock_entities
-- Writers hold the shared form while they store, so that no record is stored for an entity that is gone.
SELECT pg_advisory_xact_lock(hashtext('scouter_py.entities'));

-- name: delete_profile
DELETE FROM profile WHERE entity_id = %(entity_id)s;

-- name: delete_features
DELETE FROM feature WHERE entity_id = %(entity_id)s;

-- name: delete_spc_records
DELETE FROM spc_record WHERE entity_id = %(entity_id)s;

-- name: delete_psi_records
DELETE FROM psi_record WHERE entity_id = %(entity_id)s;

-- name: delete_custom_records
DELETE FROM custom_record WHERE entity_id = %(entity_id)s;

-- name: delete_observability_records
DELETE FROM observability_record WHERE entity_id = %(entity_id)s;

-- name: delete_archived
-- The files keep the records until they expire; nothing of the server finds them from now on.
WITH gone AS (DELETE FROM archive_content WHERE entity_id = %(entity_id)s RETURNING rows)
SELECT coalesce(sum(rows), 0)::bigint AS rows FROM gone;

-- name: delete_alerts
DELETE FROM alert WHERE entity_id = %(entity_id)s;

-- name: delete_runs
DELETE FROM check_run WHERE entity_id = %(entity_id)s;

-- name: delete_deliveries
DELETE FROM alert_delivery WHERE entity_id = %(entity_id)s;

-- name: delete_tags
DELETE FROM tag WHERE profile_entity_id = %(entity_id)s;

-- name: delete_entity
-- What else refers to it goes with it.
DELETE FROM entity WHERE id = %(entity_id)s;

-- name: service_without_profiles
-- The model service itself, when no profile of that version is left.
SELECT id, uid, space, name, version, drift_type
FROM entity
WHERE space = %(space)s AND name = %(name)s AND version = %(version)s AND drift_type = 'Service'
  AND NOT EXISTS (
      SELECT FROM profile JOIN entity AS other ON other.id = profile.entity_id
      WHERE other.space = %(space)s AND other.name = %(name)s AND other.version = %(version)s
  );
