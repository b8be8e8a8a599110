-- Null filters let everything pass. `spaces` holds what the caller may read, null: every space.

-- name: profile_page
-- Profiles by name, after the given one.
SELECT entity.uid, entity.space, entity.name, entity.version, entity.drift_type, profile.active, profile.schedule,
       profile.previous_run, profile.next_run, profile.created_at, profile.updated_at
FROM profile JOIN entity ON entity.id = profile.entity_id
WHERE (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s))
  AND (%(space)s::text IS NULL OR entity.space = %(space)s)
  AND (%(name)s::text IS NULL OR entity.name = %(name)s)
  AND (%(drift_type)s::text IS NULL OR entity.drift_type = %(drift_type)s)
  AND (%(active)s::boolean IS NULL OR profile.active = %(active)s)
  AND (%(after)s::text[] IS NULL
       OR (entity.space, entity.name, entity.version, entity.drift_type)
          > ((%(after)s)[1], (%(after)s)[2], (%(after)s)[3], (%(after)s)[4]))
ORDER BY entity.space, entity.name, entity.version, entity.drift_type
LIMIT %(maximum)s;

-- name: profiles_by_space
SELECT entity.space, count(*) AS profiles, count(*) FILTER (WHERE profile.active) AS active_profiles
FROM profile JOIN entity ON entity.id = profile.entity_id
WHERE %(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s)
GROUP BY entity.space
ORDER BY entity.space;

-- name: profiles_of_version
-- One for each drift type.
SELECT entity.drift_type, profile.active, profile.document::text AS document
FROM profile JOIN entity ON entity.id = profile.entity_id
WHERE entity.space = %(space)s AND entity.name = %(name)s AND entity.version = %(version)s
ORDER BY entity.id;
