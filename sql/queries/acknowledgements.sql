-- Who ended which alerts, and when. Whoever may is asked before: by space.

-- name: spaces_of_alerts
SELECT alert.id, entity.space FROM alert JOIN entity ON entity.id = alert.entity_id WHERE alert.id = ANY (%(ids)s);

-- name: alerts_of_run
SELECT id FROM alert WHERE run_id = %(run_id)s;

-- name: acknowledge_alerts
-- One that is acknowledged already keeps who did it.
UPDATE alert
SET active = false, acknowledged_by = %(username)s, acknowledged_at = %(now)s, note = %(note)s, updated_at = %(now)s
WHERE id = ANY (%(ids)s) AND active;

-- name: acknowledge_until
-- All of one profile, or of one of its features.
UPDATE alert
SET active = false, acknowledged_by = %(username)s, acknowledged_at = %(now)s, note = %(note)s, updated_at = %(now)s
WHERE active AND entity_id = %(entity_id)s
  AND (%(feature)s::text IS NULL OR entity_name = %(feature)s)
  AND created_at <= %(until)s;

-- name: take_problems
-- Those whose alerts were acknowledged by that user at that moment, while they fire. One that somebody has taken stays his.
WITH taken AS (
    UPDATE problem
    SET acknowledged_episode = problem.episode, acknowledged_by = %(username)s, acknowledged_at = clock_timestamp(),
        acknowledged_until = NULL, comment = %(note)s
    WHERE problem.state = 'firing' AND problem.signal IN ('spc', 'psi', 'custom')
      AND problem.acknowledged_episode IS DISTINCT FROM problem.episode
      AND EXISTS (SELECT FROM alert
                  WHERE alert.acknowledged_at = %(now)s AND alert.acknowledged_by = %(username)s
                    AND alert.entity_id = problem.entity_id AND alert.entity_name = problem.subject
                    AND alert.created_at >= problem.since)
    RETURNING problem.id, problem.episode, problem.acknowledged_at
)
INSERT INTO problem_event (problem_id, at, episode, kind, by)
SELECT id, acknowledged_at, episode, 'acknowledged', %(username)s FROM taken;

-- name: give_problems_back
-- Alerts of them are open again.
WITH given_back AS (
    UPDATE problem
    SET acknowledged_episode = NULL, acknowledged_by = NULL, acknowledged_at = NULL, acknowledged_until = NULL,
        comment = NULL
    FROM alert
    WHERE alert.id = ANY (%(ids)s) AND alert.entity_id = problem.entity_id AND alert.entity_name = problem.subject
      AND alert.created_at >= problem.since AND problem.state = 'firing'
      AND problem.signal IN ('spc', 'psi', 'custom') AND problem.acknowledged_episode = problem.episode
    RETURNING problem.id, problem.episode
)
INSERT INTO problem_event (problem_id, at, episode, kind)
SELECT DISTINCT id, clock_timestamp(), episode, 'taken back' FROM given_back;

-- name: alerts_acknowledged_together
SELECT alert.id, entity.space
FROM alert JOIN entity ON entity.id = alert.entity_id
WHERE alert.acknowledged_at = %(at)s AND alert.acknowledged_by = %(username)s;

-- name: reopen_alerts
UPDATE alert
SET active = true, acknowledged_by = NULL, acknowledged_at = NULL, note = NULL, updated_at = %(now)s
WHERE id = ANY (%(ids)s) AND NOT active;
