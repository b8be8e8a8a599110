-- Where profiles stand: what their checks say of them, kept beside the profile so that a list need not read the runs.

-- name: newest_run
-- The last check of the newest window. One that a clock that was ahead had made is no window of ours: see set_back.sql.
SELECT id, result::text AS result
FROM check_run
WHERE entity_id = %(entity_id)s AND NOT set_back
ORDER BY window_end DESC, attempt DESC
LIMIT 1;

-- name: advance_standing
-- By a check of a window that is newer than all: nothing but the profile itself need be looked at.
WITH judged AS (
    SELECT entity_id, CASE WHEN %(outcome)s IN ('alert', 'failed') THEN %(outcome)s::text
                           WHEN %(outcome)s = 'no_data' AND (empty_runs >= 2 OR data_until IS NULL) THEN 'no_data'
                           ELSE 'ok' END AS state
    FROM profile WHERE entity_id = %(entity_id)s
)
UPDATE profile
SET last_run_id = %(run_id)s, last_outcome = %(outcome)s, state = judged.state,
    state_since = CASE WHEN profile.state <> judged.state OR profile.state_since IS NULL THEN %(window_end)s
                       ELSE profile.state_since END,
    empty_runs = CASE WHEN %(outcome)s = 'no_data' THEN least(profile.empty_runs + 1, 3) ELSE 0 END,
    data_until = CASE WHEN %(row_count)s > 0 THEN %(window_end)s ELSE profile.data_until END,
    checked = %(checked)s, outside = %(outside)s, furthest_name = %(furthest_name)s,
    furthest_distance = %(furthest_distance)s, furthest_beyond = %(furthest_beyond)s,
    alerting = CASE WHEN %(outcome)s IN ('ok', 'alert') THEN %(alerting)s::text[] ELSE profile.alerting END
FROM judged
WHERE profile.entity_id = judged.entity_id;

-- name: put_standing
-- Of the newest run, which must be in check_run. `alerting` stays what it was while there is nothing to see. The first
-- time, what the runs before say of since when counts, too.
WITH newest AS (
    SELECT id, window_end, outcome, row_count, row_number() OVER (ORDER BY window_end DESC) AS place
    FROM (SELECT DISTINCT ON (window_end) id, window_end, outcome, row_count
          FROM check_run
          WHERE entity_id = %(entity_id)s AND NOT set_back
          ORDER BY window_end DESC, attempt DESC
          LIMIT 3) AS windows
), seen AS (
    SELECT max(id) FILTER (WHERE place = 1) AS run_id, max(outcome) FILTER (WHERE place = 1) AS outcome,
           max(window_end) FILTER (WHERE place = 1) AS window_end, max(window_end) FILTER (WHERE row_count > 0) AS data_until,
           coalesce(min(place) FILTER (WHERE outcome <> 'no_data') - 1, count(*)) AS empty_runs
    FROM newest
), known AS (
    SELECT profile.entity_id, seen.run_id, seen.outcome, seen.window_end, seen.empty_runs,
           greatest(profile.data_until, seen.data_until) AS data_until
    FROM profile CROSS JOIN seen
    WHERE profile.entity_id = %(entity_id)s AND seen.run_id IS NOT NULL
), judged AS (
    SELECT *, CASE WHEN outcome IN ('alert', 'failed') THEN outcome
                   WHEN empty_runs >= 3 OR data_until IS NULL THEN 'no_data'
                   ELSE 'ok' END AS state
    FROM known
)
UPDATE profile
SET last_run_id = judged.run_id, last_outcome = judged.outcome, state = judged.state,
    state_since = CASE
        WHEN profile.last_run_id IS NULL THEN (
            SELECT min(run.window_end) FROM check_run AS run
            WHERE run.entity_id = judged.entity_id AND NOT run.set_back AND run.window_end > coalesce((
                SELECT max(other.window_end) FROM check_run AS other
                WHERE other.entity_id = judged.entity_id AND NOT other.set_back
                  AND other.window_end < judged.window_end AND other.outcome <> judged.outcome), '-infinity'))
        WHEN profile.state <> judged.state OR profile.state_since IS NULL THEN judged.window_end
        ELSE profile.state_since END,
    empty_runs = judged.empty_runs, data_until = judged.data_until,
    checked = %(checked)s, outside = %(outside)s, furthest_name = %(furthest_name)s,
    furthest_distance = %(furthest_distance)s, furthest_beyond = %(furthest_beyond)s,
    alerting = CASE WHEN judged.outcome IN ('ok', 'alert') THEN %(alerting)s::text[] ELSE profile.alerting END
FROM judged
WHERE profile.entity_id = judged.entity_id;

-- name: profiles_behind
-- Whose newest run is another than the one that is known: a server of before made it, or it was put back. A run that has
-- expired is nobody's newest.
SELECT profile.entity_id
FROM profile CROSS JOIN LATERAL (
    SELECT id FROM check_run
    WHERE check_run.entity_id = profile.entity_id AND NOT set_back
    ORDER BY window_end DESC, attempt DESC
    LIMIT 1) AS newest
WHERE profile.entity_id > %(after)s AND newest.id IS DISTINCT FROM profile.last_run_id
ORDER BY profile.entity_id
LIMIT %(maximum)s;

-- name: count_behind
SELECT count(*)
FROM profile CROSS JOIN LATERAL (
    SELECT id FROM check_run
    WHERE check_run.entity_id = profile.entity_id AND NOT set_back
    ORDER BY window_end DESC, attempt DESC
    LIMIT 1) AS newest
WHERE newest.id IS DISTINCT FROM profile.last_run_id;

-- name: lock_profile
-- No check of it is recorded meanwhile.
SELECT entity_id FROM profile WHERE entity_id = %(entity_id)s FOR UPDATE;
