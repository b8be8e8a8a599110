-- Lists of profiles by how they are. A profile that is switched off is off, whatever its last check said; one whose
-- records have stopped is silent, unless its last check found worse. Null filters let everything pass. `spaces` holds what the caller may read, null: every space.

-- name: state_page
-- Sorted and cut first; only then is anything looked up for its rows. `after` is where the page before ended: by name
-- alone the first two of its parts are the same for all. The last record is looked for in the last two days, else the
-- newest window with records tells; open alerts are counted by feature, from one to the next in the index.
WITH RECURSIVE listed AS (
    SELECT profile.entity_id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type, profile.active,
           profile.schedule, profile.created_at, profile.updated_at, profile.previous_run, profile.next_run,
           CASE WHEN NOT profile.active THEN 'off'
                WHEN silence.id IS NOT NULL AND profile.state NOT IN ('alert', 'failed') THEN 'silent'
                ELSE profile.state END AS state,
           CASE WHEN NOT profile.active
                THEN coalesce(profile.deactivated_at,
                              CASE WHEN profile.activated_at IS NULL THEN profile.created_at ELSE profile.updated_at END)
                WHEN silence.id IS NOT NULL AND profile.state NOT IN ('alert', 'failed') THEN silence.since
                ELSE coalesce(profile.state_since, profile.created_at) END AS state_since,
           profile.last_run_id, profile.checked, profile.outside, profile.data_until,
           profile.furthest_name, profile.furthest_distance, profile.furthest_beyond
    FROM profile JOIN entity ON entity.id = profile.entity_id
    LEFT JOIN problem AS silence ON silence.entity_id = profile.entity_id AND silence.signal = 'silent'
                                AND silence.subject = '' AND silence.direction = '' AND silence.state = 'firing'
    WHERE (%(entity_id)s::integer IS NULL OR profile.entity_id = %(entity_id)s)
      AND (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s))
      AND (%(space)s::text IS NULL OR entity.space = %(space)s)
      AND (%(name)s::text IS NULL OR entity.name = %(name)s)
      AND (%(drift_type)s::text IS NULL OR entity.drift_type = %(drift_type)s)
      AND (%(q)s::text IS NULL
           OR strpos(lower(entity.space || '/' || entity.name || ' ' || entity.version), lower(%(q)s)) > 0)
), placed AS (
    SELECT *, CASE WHEN %(worst_first)s THEN array_position(%(states)s::text[], state) ELSE 0 END AS place,
           CASE WHEN NOT %(worst_first)s THEN 0 WHEN furthest_beyond THEN '-Infinity'
                ELSE coalesce(-furthest_distance, 'Infinity') END::double precision AS nearness
    FROM listed
    WHERE %(state)s::text IS NULL OR state = %(state)s
), page AS MATERIALIZED (
    SELECT * FROM placed
    WHERE %(after_place)s::integer IS NULL
       OR (place, nearness, space, name, version, drift_type)
          > (%(after_place)s, %(after_nearness)s::double precision, %(after_space)s::text, %(after_name)s::text,
             %(after_version)s::text, %(after_drift_type)s::text)
    ORDER BY place, nearness, space, name, version, drift_type
    LIMIT %(maximum)s
), open_feature AS (
    SELECT page.entity_id, (SELECT min(alert.entity_name) FROM alert
                            WHERE alert.active AND alert.entity_id = page.entity_id) AS name
    FROM page
    UNION ALL
    SELECT entity_id, (SELECT min(alert.entity_name) FROM alert
                       WHERE alert.active AND alert.entity_id = open_feature.entity_id
                         AND alert.entity_name > open_feature.name)
    FROM open_feature
    WHERE name IS NOT NULL
), open_features AS (
    SELECT entity_id, count(name) AS open_alerts FROM open_feature GROUP BY entity_id
)
SELECT page.*, run.window_start AS run_window_start, run.window_end AS run_window_end, run.outcome AS run_outcome,
       run.row_count AS run_row_count, open_features.open_alerts,
       coalesce(CASE page.drift_type
                    WHEN 'Spc' THEN (SELECT max(created_at) FROM spc_record
                                     WHERE spc_record.entity_id = page.entity_id
                                       AND created_at > now() - interval '2 days')
                    WHEN 'Psi' THEN (SELECT max(created_at) FROM psi_record
                                     WHERE psi_record.entity_id = page.entity_id
                                       AND created_at > now() - interval '2 days')
                    WHEN 'Custom' THEN (SELECT max(created_at) FROM custom_record
                                        WHERE custom_record.entity_id = page.entity_id
                                          AND created_at > now() - interval '2 days')
                END, page.data_until) AS last_record_at,
       ARRAY(SELECT outcome
             FROM (SELECT DISTINCT ON (window_end) window_end, outcome
                   FROM check_run
                   WHERE check_run.entity_id = page.entity_id AND NOT set_back
                   ORDER BY window_end DESC, attempt DESC
                   LIMIT %(outcomes)s) AS recent
             ORDER BY window_end) AS recent_outcomes
FROM page
JOIN open_features USING (entity_id)
LEFT JOIN check_run AS run ON run.id = page.last_run_id
ORDER BY place, nearness, space, name, version, drift_type;

-- name: count_states
SELECT CASE WHEN NOT profile.active THEN 'off'
            WHEN silence.id IS NOT NULL AND profile.state NOT IN ('alert', 'failed') THEN 'silent'
            ELSE profile.state END AS state, count(*) AS profiles
FROM profile JOIN entity ON entity.id = profile.entity_id
LEFT JOIN problem AS silence ON silence.entity_id = profile.entity_id AND silence.signal = 'silent'
                            AND silence.subject = '' AND silence.direction = '' AND silence.state = 'firing'
WHERE (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s))
  AND (%(space)s::text IS NULL OR entity.space = %(space)s)
  AND (%(name)s::text IS NULL OR entity.name = %(name)s)
  AND (%(drift_type)s::text IS NULL OR entity.drift_type = %(drift_type)s)
  AND (%(q)s::text IS NULL
       OR strpos(lower(entity.space || '/' || entity.name || ' ' || entity.version), lower(%(q)s)) > 0)
GROUP BY 1;
