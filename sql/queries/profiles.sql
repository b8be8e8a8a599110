-- name: lock_profile_name
-- Registrations of one name and drift type take turns: the version is chosen from what is there.
SELECT pg_advisory_xact_lock(hashtext('scouter_py.profile'), hashtext(%(key)s));

-- name: put_profile
-- Stores a profile, or replaces its document and schedule. A replaced profile keeps its state and its last run, and an
-- active one whose schedule stays the same its next run: its grace period or its next try may be under way, and a
-- service that registers at every start must not put them off.
WITH mirrored AS (
    UPDATE entity SET check_gap = %(schedule_gap)s
    WHERE id = %(entity_id)s AND check_gap IS DISTINCT FROM %(schedule_gap)s::interval)
INSERT INTO profile (entity_id, document, active, schedule, schedule_gap, previous_run, next_run, activated_at)
VALUES (%(entity_id)s, %(document)s::json, %(active)s, %(schedule)s, %(schedule_gap)s, %(now)s, %(next_run)s,
        CASE WHEN %(active)s THEN %(now)s::timestamptz END)
ON CONFLICT (entity_id) DO UPDATE
SET document = EXCLUDED.document,
    schedule = EXCLUDED.schedule,
    schedule_gap = EXCLUDED.schedule_gap,
    next_run = CASE WHEN profile.active AND profile.schedule = EXCLUDED.schedule
                    THEN profile.next_run ELSE EXCLUDED.next_run END,
    updated_at = EXCLUDED.previous_run
RETURNING active;

-- name: deactivate_other_versions
UPDATE profile
SET active = false, updated_at = %(now)s, deactivated_at = %(now)s, activated_at = coalesce(activated_at, %(now)s)
FROM entity
WHERE entity.id = profile.entity_id
  AND entity.space = %(space)s AND entity.name = %(name)s AND entity.drift_type = ANY (%(drift_types)s)
  AND entity.version <> %(version)s
  AND profile.active
RETURNING profile.entity_id;

-- name: profiles_for_status
-- The profiles that a change of status is about, locked.
SELECT entity.id AS entity_id, profile.active, profile.schedule
FROM profile JOIN entity ON entity.id = profile.entity_id
WHERE entity.space = %(space)s AND entity.name = %(name)s AND entity.version = %(version)s
  AND entity.drift_type = ANY (%(drift_types)s)
ORDER BY entity.id
FOR UPDATE OF profile;

-- name: activate_profile
-- Its next window begins now, so that nothing of a pause is checked. The first one of all begins at the registration:
-- records that were sent meanwhile were sent to be checked.
UPDATE profile
SET active = true, next_run = %(next_run)s, updated_at = %(now)s, activated_at = %(now)s,
    previous_run = CASE WHEN activated_at IS NULL THEN previous_run ELSE %(now)s END,
    lease_token = NULL, lease_until = NULL, attempts = 0, retry_at = NULL
WHERE entity_id = %(entity_id)s;

-- name: deactivate_profile
UPDATE profile
SET active = false, updated_at = %(now)s, deactivated_at = %(now)s, activated_at = coalesce(activated_at, %(now)s)
WHERE entity_id = %(entity_id)s;

-- name: profile_document
SELECT document::text AS document FROM profile WHERE entity_id = %(entity_id)s;

-- name: replace_profile
-- Of a profile that is there. Its state and its last run stay, and its next run as above.
WITH mirrored AS (
    UPDATE entity SET check_gap = %(schedule_gap)s
    WHERE id = %(entity_id)s AND check_gap IS DISTINCT FROM %(schedule_gap)s::interval)
UPDATE profile
SET document = %(document)s::json, schedule = %(schedule)s, schedule_gap = %(schedule_gap)s, updated_at = %(now)s,
    next_run = CASE WHEN active AND schedule = %(schedule)s THEN next_run ELSE %(next_run)s END
WHERE entity_id = %(entity_id)s;
