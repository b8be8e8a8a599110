-- name: count_profiles_with_open_alerts
-- From one profile to the next in the index: a feature that is out for a month has hundreds of open rows.
WITH RECURSIVE open_profile AS (
    SELECT min(entity_id) AS entity_id FROM alert WHERE active
    UNION ALL
    SELECT (SELECT min(alert.entity_id) FROM alert WHERE active AND alert.entity_id > open_profile.entity_id)
    FROM open_profile
    WHERE entity_id IS NOT NULL
)
SELECT count(*) AS profiles
FROM open_profile JOIN entity ON entity.id = open_profile.entity_id
WHERE %(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s);
