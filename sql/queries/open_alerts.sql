-- Alerts as people look at them: those of one feature of one profile together. Null filters let everything pass.

-- name: open_alert_groups
-- From one group to the next in the index, sorted by their newest alert and cut; only then are the alerts of a group
-- counted, and rows read: there may be thousands in each, for nothing but a person ever ends one. Kinds, of SPC, are
-- those among its newest 24. `still`: the last check that saw records of the profile alerted for it, too. Entities from `first`
-- to `last`.
WITH RECURSIVE open_name AS (
    (SELECT entity_id, entity_name FROM alert
     WHERE active AND entity_id BETWEEN %(first)s AND %(last)s
     ORDER BY entity_id, entity_name
     LIMIT 1)
    UNION ALL
    SELECT following.entity_id, following.entity_name
    FROM open_name CROSS JOIN LATERAL (
        SELECT entity_id, entity_name FROM alert
        WHERE active AND entity_id <= %(last)s
          AND (entity_id, entity_name) > (open_name.entity_id, open_name.entity_name)
        ORDER BY entity_id, entity_name
        LIMIT 1) AS following
), open_group AS MATERIALIZED (
    SELECT open_name.entity_id, open_name.entity_name, newest.id AS last_id, newest.created_at AS last_at,
           entity.uid, entity.space, entity.name, entity.version, entity.drift_type
    FROM open_name
    JOIN entity ON entity.id = open_name.entity_id
    CROSS JOIN LATERAL (
        SELECT id, created_at FROM alert
        WHERE active AND entity_id = open_name.entity_id AND entity_name = open_name.entity_name
        ORDER BY id DESC
        LIMIT 1) AS newest
    WHERE (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s))
      AND (%(drift_type)s::text IS NULL OR entity.drift_type = %(drift_type)s)
      AND newest.id < coalesce(%(below_id)s::bigint, 9223372036854775807)
      AND newest.created_at >= coalesce(%(since)s::timestamptz, '-infinity')
    ORDER BY newest.id DESC
    LIMIT %(maximum)s
)
SELECT open_group.uid, open_group.space, open_group.name, open_group.version, open_group.drift_type,
       open_group.entity_name AS feature, counted.first_id, open_group.last_id, counted.first_at, open_group.last_at,
       counted.count, last.run_id AS last_run_id, last.alert::text AS alert,
       coalesce(open_group.entity_name = ANY (profile.alerting), false) AS still,
       ARRAY(SELECT DISTINCT kind
             FROM (SELECT alert.alert -> 'Spc' ->> 'kind' AS kind
                   FROM alert
                   WHERE open_group.drift_type = 'Spc' AND alert.active AND alert.entity_id = open_group.entity_id
                     AND alert.entity_name = open_group.entity_name
                   ORDER BY alert.id DESC
                   LIMIT 24) AS newest
             WHERE kind IS NOT NULL
             ORDER BY kind) AS kinds
FROM open_group
CROSS JOIN LATERAL (
    SELECT min(id) AS first_id, min(created_at) AS first_at, count(*) AS count
    FROM alert
    WHERE active AND entity_id = open_group.entity_id AND entity_name = open_group.entity_name) AS counted
JOIN alert AS last ON last.id = open_group.last_id
LEFT JOIN profile ON profile.entity_id = open_group.entity_id
ORDER BY open_group.last_id DESC;

-- name: acknowledged_alert_groups
-- What somebody acknowledged in one go, by feature; the latest first.
WITH acknowledged AS MATERIALIZED (
    SELECT alert.entity_id, alert.entity_name, alert.acknowledged_at, alert.acknowledged_by, min(alert.id) AS first_id,
           max(alert.id) AS last_id, min(alert.created_at) AS first_at, max(alert.created_at) AS last_at, count(*) AS count
    FROM alert JOIN entity ON entity.id = alert.entity_id
    WHERE alert.acknowledged_at IS NOT NULL
      AND alert.acknowledged_at >= coalesce(%(since)s::timestamptz, '-infinity')
      AND alert.acknowledged_at <= coalesce(%(below_at)s::timestamptz, 'infinity')
      AND (%(entity_id)s::integer IS NULL OR alert.entity_id = %(entity_id)s)
      AND (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s))
      AND (%(drift_type)s::text IS NULL OR entity.drift_type = %(drift_type)s)
    GROUP BY alert.entity_id, alert.entity_name, alert.acknowledged_at, alert.acknowledged_by
    HAVING %(below_id)s::bigint IS NULL OR (alert.acknowledged_at, max(alert.id)) < (%(below_at)s, %(below_id)s)
    ORDER BY alert.acknowledged_at DESC, max(alert.id) DESC
    LIMIT %(maximum)s
)
SELECT entity.uid, entity.space, entity.name, entity.version, entity.drift_type, acknowledged.entity_name AS feature,
       acknowledged.first_id, acknowledged.last_id, acknowledged.first_at, acknowledged.last_at, acknowledged.count,
       acknowledged.acknowledged_at, acknowledged.acknowledged_by, last.note, last.run_id AS last_run_id,
       last.alert::text AS alert
FROM acknowledged
JOIN alert AS last ON last.id = acknowledged.last_id
JOIN entity ON entity.id = acknowledged.entity_id
ORDER BY acknowledged.acknowledged_at DESC, acknowledged.last_id DESC;

-- name: alert_details
-- Of one alert or of one check.
SELECT alert.id, alert.created_at, alert.entity_name AS feature, alert.alert::text AS alert, alert.active, alert.late,
       alert.run_id, alert.acknowledged_by, alert.acknowledged_at, alert.note,
       entity.uid, entity.space, entity.name, entity.version, entity.drift_type
FROM alert JOIN entity ON entity.id = alert.entity_id
WHERE (alert.id = %(id)s::integer OR alert.run_id = %(run_id)s::bigint)
ORDER BY alert.id;
