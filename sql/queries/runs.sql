-- name: add_run
INSERT INTO check_run (entity_id, window_start, window_end, attempt, outcome, late, row_count, result, error,
                       note, started_at, finished_at)
VALUES (%(entity_id)s, %(window_start)s, %(window_end)s, %(attempt)s, %(outcome)s, %(late)s, %(row_count)s,
        %(result)s::json, %(error)s, %(note)s, %(started_at)s, clock_timestamp())
RETURNING id;

-- name: run_page
-- Newest first, below an id.
SELECT run.id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type, run.window_start,
       run.window_end, run.attempt, run.outcome, run.late, run.row_count, run.result::text AS result, run.error, run.note,
       run.started_at, run.finished_at
FROM check_run AS run JOIN entity ON entity.id = run.entity_id
WHERE (%(entity_id)s::integer IS NULL OR run.entity_id = %(entity_id)s)
  AND (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s::text[]))
  AND (%(outcome)s::text IS NULL OR run.outcome = %(outcome)s)
  AND run.id < coalesce(%(below_id)s, 9223372036854775807)
ORDER BY run.id DESC
LIMIT %(maximum)s;

-- name: runs_touched
-- The last check of every window that holds moments between first and last.
SELECT DISTINCT ON (window_end) id, window_start, window_end, attempt, row_count
FROM check_run
WHERE entity_id = %(entity_id)s AND window_end >= %(first)s AND window_start < %(last)s
ORDER BY window_end, attempt DESC;
