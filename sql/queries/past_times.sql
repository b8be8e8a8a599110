-- Times that only a server has which ran in the past: the demonstration sets them back, and writes nothing else by hand.

-- name: set_back_profile
-- As if it had been registered then and checked since: the window that begins with `previous_run` is the next one.
WITH mirrored AS (
    UPDATE entity SET created_at = %(registered_at)s WHERE id = %(entity_id)s)
UPDATE profile
SET created_at = %(registered_at)s, previous_run = %(previous_run)s, next_run = %(next_run)s
WHERE entity_id = %(entity_id)s;

-- name: set_back_runs
UPDATE check_run SET finished_at = started_at + interval '45 milliseconds';

-- name: set_back_deliveries
UPDATE alert_delivery SET delivered_at = created_at + interval '1 second' WHERE state = 'delivered';

-- name: set_back_problems
-- What happened to a problem did so with the check that found it.
WITH dated AS (
    UPDATE problem_event SET at = check_run.finished_at
    FROM check_run WHERE check_run.id = problem_event.run_id
    RETURNING problem_event.problem_id, problem_event.episode, problem_event.kind, problem_event.at),
last AS (
    SELECT problem_id, episode, max(at) FILTER (WHERE kind = 'firing') AS fired_at,
           max(at) FILTER (WHERE kind = 'resolved') AS resolved_at, max(at) AS changed_at
    FROM dated GROUP BY problem_id, episode)
UPDATE problem
SET fired_at = CASE WHEN problem.fired_at IS NOT NULL THEN last.fired_at END,
    resolved_at = CASE WHEN problem.resolved_at IS NOT NULL THEN last.resolved_at END,
    bad_at = least(problem.bad_at, last.changed_at), changed_at = last.changed_at
FROM last WHERE last.problem_id = problem.id AND last.episode = problem.episode;

-- name: pending_deliveries
SELECT count(*) FROM alert_delivery WHERE state = 'pending';
