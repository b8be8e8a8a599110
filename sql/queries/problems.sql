-- Problems: whoever changes one holds its profile, or the problem itself. Locked in the weaker way, which lets the group
-- clock write their history meanwhile: it holds groups that checks may be waiting for.

-- name: problems_of_check
-- Those that a check may say something about: what is followed, and what it found to be bad. Parallel lists.
SELECT id, signal, subject, direction, state, episode, since, fired_at, resolved_at, bad_at, reason, windows, verdicts,
       settled_state, settled_since, settled_until, effect, p_value, zone_4, late, alert_ids
FROM problem
WHERE entity_id = %(entity_id)s
  AND (followed OR (signal, subject, direction)
       IN (SELECT * FROM unnest(%(signals)s::text[], %(subjects)s::text[], %(directions)s::text[])))
ORDER BY id
FOR NO KEY UPDATE;

-- name: problems_of_profile
SELECT id, signal, subject, direction, state, episode, since, fired_at, resolved_at, bad_at, reason, windows, verdicts,
       settled_state, settled_since, settled_until, effect, p_value, zone_4, late, alert_ids
FROM problem
WHERE entity_id = %(entity_id)s
ORDER BY id
FOR NO KEY UPDATE;

-- name: entities_with_problems
-- Profiles of a space with problems that are not over.
SELECT DISTINCT problem.entity_id
FROM problem JOIN entity ON entity.id = problem.entity_id
WHERE entity.space = %(space)s AND problem.followed
ORDER BY 1;

-- name: is_followed
SELECT EXISTS (SELECT FROM problem WHERE entity_id = %(entity_id)s AND followed);

-- name: signals_firing
-- Of these profiles, among these signals.
SELECT entity_id, signal FROM problem
WHERE state = 'firing' AND signal = ANY (%(signals)s::text[]) AND entity_id = ANY (%(entity_ids)s::integer[]);

-- name: put_problem
INSERT INTO problem (entity_id, signal, subject, direction, state, episode, since, fired_at, resolved_at, bad_at, reason,
                     windows, verdicts, settled_state, settled_since, settled_until, followed, effect, p_value, zone_4,
                     late, last_run_id, alert_ids)
VALUES (%(entity_id)s, %(signal)s, %(subject)s, %(direction)s, %(state)s, %(episode)s, %(since)s, %(fired_at)s,
        %(resolved_at)s, %(bad_at)s, %(reason)s, %(windows)s::timestamptz[], %(verdicts)s::boolean[],
        %(settled_state)s, %(settled_since)s, %(settled_until)s, %(followed)s, %(effect)s, %(p_value)s, %(zone_4)s,
        %(late)s, %(run_id)s, %(alert_ids)s::bigint[])
ON CONFLICT (entity_id, signal, subject, direction) DO UPDATE
SET state = EXCLUDED.state, episode = EXCLUDED.episode, since = EXCLUDED.since, fired_at = EXCLUDED.fired_at,
    resolved_at = EXCLUDED.resolved_at, bad_at = EXCLUDED.bad_at, reason = EXCLUDED.reason,
    windows = EXCLUDED.windows, verdicts = EXCLUDED.verdicts, settled_state = EXCLUDED.settled_state,
    settled_since = EXCLUDED.settled_since, settled_until = EXCLUDED.settled_until, followed = EXCLUDED.followed,
    effect = EXCLUDED.effect, p_value = EXCLUDED.p_value, zone_4 = EXCLUDED.zone_4, late = EXCLUDED.late,
    last_run_id = coalesce(EXCLUDED.last_run_id, problem.last_run_id), alert_ids = EXCLUDED.alert_ids,
    changed_at = CASE WHEN problem.state = EXCLUDED.state THEN problem.changed_at ELSE clock_timestamp() END
RETURNING id;

-- name: add_problem_event
INSERT INTO problem_event (problem_id, at, episode, kind, run_id, message_id, by, detail)
VALUES (%(problem_id)s, %(at)s, %(episode)s, %(kind)s, %(run_id)s, %(message_id)s, %(by)s, %(detail)s::json);

-- name: add_check_events
-- Of one check. Parallel lists.
INSERT INTO problem_event (problem_id, at, episode, kind, run_id, detail)
SELECT problem_id, %(at)s, episode, kind, %(run_id)s, detail::json
FROM unnest(%(problem_ids)s::bigint[], %(episodes)s::integer[], %(kinds)s::text[], %(details)s::text[])
     AS step (problem_id, episode, kind, detail);

-- name: windows_evaluated_after
-- The ends of the windows after one that were evaluated: with the oldest of them first.
SELECT DISTINCT window_end
FROM check_run
WHERE entity_id = %(entity_id)s AND window_end > %(window_end)s AND outcome IN ('ok', 'alert') AND NOT set_back
ORDER BY window_end
LIMIT %(maximum)s;

-- name: problem_page
-- Newest first, below an id. Null filters let everything pass; `spaces` null is every space.
SELECT problem.id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type, problem.signal,
       problem.subject, problem.direction, problem.state, problem.episode, problem.since, problem.fired_at,
       problem.resolved_at, problem.reason, problem.windows, problem.verdicts, problem.effect, problem.p_value,
       problem.zone_4, problem.late, problem.last_run_id, problem.alert_ids, problem.acknowledged_episode,
       problem.acknowledged_by, problem.acknowledged_at, problem.acknowledged_until, problem.comment,
       clock_timestamp() AS now
FROM problem JOIN entity ON entity.id = problem.entity_id
WHERE (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s::text[]))
  AND (%(entity_id)s::integer IS NULL OR problem.entity_id = %(entity_id)s::integer)
  AND (%(state)s::text IS NULL OR problem.state = %(state)s::text)
  AND (%(signal)s::text IS NULL OR problem.signal = %(signal)s::text)
  AND (%(id)s::bigint IS NULL OR problem.id = %(id)s::bigint)
  AND (%(below_id)s::bigint IS NULL OR problem.id < %(below_id)s::bigint)
ORDER BY problem.id DESC
LIMIT %(maximum)s;

-- name: problem_board
-- Of each state at most so many, the latest first, with how many there are of it: what is going on, and what ended lately.
-- Null filters let everything pass.
SELECT * FROM (
    SELECT problem.id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type, problem.signal,
           problem.subject, problem.direction, problem.state, problem.episode, problem.since, problem.fired_at,
           problem.resolved_at, problem.reason, problem.windows, problem.verdicts, problem.effect, problem.p_value,
           problem.zone_4, problem.late, problem.last_run_id, problem.alert_ids, problem.acknowledged_episode,
           problem.acknowledged_by, problem.acknowledged_at, problem.acknowledged_until, problem.comment,
           clock_timestamp() AS now, count(*) OVER (PARTITION BY problem.state) AS of_its_state,
           row_number() OVER (PARTITION BY problem.state
                              ORDER BY coalesce(problem.resolved_at, problem.since) DESC, problem.id DESC) AS place
    FROM problem JOIN entity ON entity.id = problem.entity_id
    WHERE (problem.state <> 'ok' OR (problem.changed_at >= %(ended_since)s AND problem.resolved_at >= %(ended_since)s))
      AND (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s::text[]))
      AND (%(entity_id)s::integer IS NULL OR problem.entity_id = %(entity_id)s::integer)
      AND (%(begun_since)s::timestamptz IS NULL
           OR coalesce(problem.since, problem.fired_at, problem.resolved_at) >= %(begun_since)s::timestamptz)
) AS board
WHERE place <= %(maximum)s
ORDER BY state, place;

-- name: add_held_events
-- Why something is not told, once: not when that is the last thing that is known of it. Parallel lists.
INSERT INTO problem_event (problem_id, at, episode, kind, detail)
SELECT held.problem_id, %(at)s, held.episode, 'held', json_build_object('why', held.why)
FROM unnest(%(problem_ids)s::bigint[], %(episodes)s::integer[], %(whys)s::text[]) AS held (problem_id, episode, why)
WHERE NOT EXISTS (
    SELECT FROM (SELECT kind, episode, detail ->> 'why' AS why FROM problem_event AS event
                 WHERE event.problem_id = held.problem_id ORDER BY id DESC LIMIT 1) AS last
    WHERE last.kind = 'held' AND last.episode = held.episode AND last.why = held.why);

-- name: events_of_problem
-- The newest first.
SELECT at, episode, kind, run_id, message_id, by, detail::text AS detail
FROM problem_event WHERE problem_id = %(problem_id)s
ORDER BY id DESC
LIMIT %(maximum)s;

-- name: acknowledge_problem
-- No row: it does not fire.
UPDATE problem
SET acknowledged_episode = episode, acknowledged_by = %(by)s, acknowledged_at = clock_timestamp(),
    acknowledged_until = %(until)s, comment = %(comment)s
WHERE id = %(id)s AND state = 'firing'
RETURNING episode, acknowledged_at AS at;

-- name: take_acknowledgement_back
-- No row: nobody has taken it.
UPDATE problem
SET acknowledged_episode = NULL, acknowledged_by = NULL, acknowledged_at = NULL, acknowledged_until = NULL, comment = NULL
WHERE id = %(id)s AND state = 'firing' AND acknowledged_episode = episode
RETURNING episode, clock_timestamp() AS at;
