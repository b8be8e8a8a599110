-- name: add_run
INSERT INTO check_run (entity_id, window_start, window_end, attempt, outcome, late, row_count, result, error,
                       note, asked_by, started_at, finished_at)
VALUES (%(entity_id)s, %(window_start)s, %(window_end)s, %(attempt)s, %(outcome)s, %(late)s, %(row_count)s,
        %(result)s::json, %(error)s, %(note)s, %(asked_by)s, %(started_at)s, clock_timestamp())
RETURNING id;

-- name: run_page
-- Newest first, below an id.
SELECT run.id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type, run.window_start,
       run.window_end, run.attempt, run.outcome, run.late, run.row_count, run.result::text AS result, run.error, run.note,
       run.started_at, run.finished_at, run.asked_by
FROM check_run AS run JOIN entity ON entity.id = run.entity_id
WHERE (%(entity_id)s::integer IS NULL OR run.entity_id = %(entity_id)s)
  AND (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s::text[]))
  AND (%(outcome)s::text IS NULL OR run.outcome = %(outcome)s)
  AND run.id < coalesce(%(below_id)s, 9223372036854775807)
ORDER BY run.id DESC
LIMIT %(maximum)s;

-- name: runs_touched
-- The last check of every window that holds moments between first and last. Those that a clock that was ahead had
-- made, and that were made again, hold none any more: see set_back.sql.
SELECT DISTINCT ON (window_end) id, window_start, window_end, attempt, row_count
FROM check_run
WHERE entity_id = %(entity_id)s AND window_end >= %(first)s AND window_start < %(last)s
  AND NOT set_back
ORDER BY window_end, attempt DESC;

-- name: run
SELECT run.id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type, run.window_start,
       run.window_end, run.attempt, run.outcome, run.late, run.row_count, run.result::text AS result, run.error, run.note,
       run.started_at, run.finished_at, run.asked_by
FROM check_run AS run JOIN entity ON entity.id = run.entity_id
WHERE run.id = %(id)s;

-- name: space_of_run
SELECT entity.space FROM check_run AS run JOIN entity ON entity.id = run.entity_id WHERE run.id = %(id)s;

-- name: run_summaries
-- Of one profile, newest first, below an id, without what they saw.
SELECT run.id, run.window_start, run.window_end, run.attempt, run.outcome, run.late, run.asked_by, run.row_count,
       run.error, run.note, run.started_at, run.finished_at,
       (SELECT count(*) FROM alert WHERE alert.run_id = run.id) AS alerts
FROM check_run AS run
WHERE run.entity_id = %(entity_id)s
  AND (%(outcome)s::text IS NULL OR run.outcome = %(outcome)s)
  AND run.id < coalesce(%(below_id)s, 9223372036854775807)
ORDER BY run.id DESC
LIMIT %(maximum)s;

-- name: newest_result
-- The last check of a profile that has a result: one that failed has none.
SELECT id, window_start, window_end FROM check_run
WHERE entity_id = %(entity_id)s AND NOT set_back AND result IS NOT NULL
ORDER BY window_end DESC, attempt DESC
LIMIT 1;

-- name: run_with_result
SELECT id, window_start, window_end FROM check_run
WHERE id = %(id)s AND entity_id = %(entity_id)s AND result IS NOT NULL;

-- name: result_of_run
SELECT result::text AS result FROM check_run WHERE id = %(id)s AND result IS NOT NULL;

-- name: checked_window
-- The last check of one window.
SELECT id, window_start, window_end, attempt, row_count
FROM check_run
WHERE entity_id = %(entity_id)s AND window_end = %(window_end)s
ORDER BY attempt DESC
LIMIT 1;

-- name: newest_window
-- The last check of the newest window.
SELECT id, window_start, window_end, attempt, row_count
FROM check_run
WHERE entity_id = %(entity_id)s AND NOT set_back
ORDER BY window_end DESC, attempt DESC
LIMIT 1;

-- name: recent_counts
-- Of the newest windows, what the last check of each counted; the newest first.
SELECT DISTINCT ON (window_end) row_count, extract(epoch FROM window_end - window_start)::double precision AS seconds
FROM check_run
WHERE entity_id = %(entity_id)s AND NOT set_back AND outcome <> 'failed'
ORDER BY window_end DESC, attempt DESC
LIMIT %(maximum)s;

-- name: recent_results
-- Of the newest windows that held records, the last check of each.
SELECT DISTINCT ON (window_end) result::text AS result
FROM check_run
WHERE entity_id = %(entity_id)s AND NOT set_back AND row_count > 0 AND result IS NOT NULL
ORDER BY window_end DESC, attempt DESC
LIMIT %(maximum)s;
