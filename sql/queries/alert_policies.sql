-- name: policies_of_profile
-- Those that hold for a profile: the server's, its space's and its own, where they are set.
SELECT CASE WHEN policy.entity_id IS NOT NULL THEN 'profile' WHEN policy.space IS NOT NULL THEN 'space'
            ELSE 'server' END AS level,
       policy.document::text AS document
FROM alert_policy AS policy
WHERE (policy.space IS NULL AND policy.entity_id IS NULL)
   OR policy.space = %(space)s
   OR policy.entity_id = %(entity_id)s;

-- name: policies_of_profiles
-- The server's, and those of some spaces and profiles.
SELECT policy.space, policy.entity_id, policy.document::text AS document
FROM alert_policy AS policy
WHERE (policy.space IS NULL AND policy.entity_id IS NULL)
   OR policy.space = ANY (%(spaces)s::text[])
   OR policy.entity_id = ANY (%(entity_ids)s::integer[]);

-- name: one_policy
SELECT document::text AS document, updated_by, updated_at
FROM alert_policy
WHERE space IS NOT DISTINCT FROM %(space)s::text AND entity_id IS NOT DISTINCT FROM %(entity_id)s::integer;

-- name: delete_policy
DELETE FROM alert_policy
WHERE space IS NOT DISTINCT FROM %(space)s::text AND entity_id IS NOT DISTINCT FROM %(entity_id)s::integer;

-- name: add_policy
INSERT INTO alert_policy (space, entity_id, document, updated_by)
VALUES (%(space)s, %(entity_id)s, %(document)s::json, %(by)s);

-- name: lock_policies
-- Whoever replaces one deletes it first.
SELECT pg_advisory_xact_lock(hashtext('scouter_py.alert_policy'));
