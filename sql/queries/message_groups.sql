-- name: schedule_group
-- It speaks at `notify_at` at the latest, but not twice within its interval.
INSERT INTO message_group (key, space, channel, destination, notify_at, opened_at, instant)
VALUES (%(key)s, %(space)s, %(channel)s, %(destination)s::json, %(notify_at)s, %(opened_at)s, %(instant)s)
ON CONFLICT (key) DO UPDATE
SET notify_at = least(message_group.notify_at,
                      greatest(EXCLUDED.notify_at, message_group.last_sent_at + %(interval)s::interval)),
    opened_at = coalesce(message_group.opened_at, EXCLUDED.opened_at),
    instant = greatest(message_group.instant, EXCLUDED.instant)
RETURNING id;

-- name: join_groups
-- Parallel lists.
INSERT INTO message_group_problem (group_id, problem_id)
SELECT * FROM unnest(%(group_ids)s::bigint[], %(problem_ids)s::bigint[])
ON CONFLICT (group_id, problem_id) DO NOTHING;

-- name: escalate
INSERT INTO message_group_problem (group_id, problem_id, escalated_episode)
VALUES (%(group_id)s, %(problem_id)s, %(episode)s)
ON CONFLICT (group_id, problem_id) DO UPDATE SET escalated_episode = EXCLUDED.escalated_episode;

-- name: set_current_groups
-- It is told in these from now on, and in others only taken back.
UPDATE message_group_problem SET is_current = (group_id = ANY (%(group_ids)s::bigint[]))
WHERE problem_id = %(problem_id)s AND escalated_episode IS NULL
  AND is_current <> (group_id = ANY (%(group_ids)s::bigint[]));

-- name: memberships_of_problems
SELECT member.problem_id, member.group_id, message_group.key, member.is_current, member.escalated_episode,
       member.told_state, member.told_episode, member.told_at,
       member.first_at, member.told_effect, member.told_zone_4
FROM message_group_problem AS member JOIN message_group ON message_group.id = member.group_id
WHERE member.problem_id = ANY (%(problem_ids)s::bigint[]);

-- name: groups_of_signal
-- In which problems of that signal of a profile are, while they fire.
SELECT DISTINCT member.group_id
FROM message_group_problem AS member JOIN problem ON problem.id = member.problem_id
WHERE problem.entity_id = %(entity_id)s AND problem.signal = %(signal)s AND problem.state = 'firing'
ORDER BY 1;

-- name: wake_group
UPDATE message_group
SET notify_at = least(notify_at, greatest(%(at)s, last_sent_at + %(interval)s::interval)),
    opened_at = coalesce(opened_at, clock_timestamp())
WHERE id = %(id)s;

-- name: group_to_leave
-- A group that has to speak now, whatever it waits for.
SELECT id, key, space, channel, destination::text AS destination, episode, since, sequence, opening,
       coalesce(opened_at, clock_timestamp()) AS opened_at, NULL::timestamptz AS instant, last_sent_at,
       clock_timestamp() AS now
FROM message_group
WHERE id = %(id)s
FOR UPDATE;

-- name: seconds_until_group
SELECT extract(epoch FROM min(notify_at) - clock_timestamp())::double precision FROM message_group;

-- name: is_anything_due
-- Of a space: an active profile whose check of that instant has not been recorded.
SELECT EXISTS (
    SELECT FROM profile JOIN entity ON entity.id = profile.entity_id
    WHERE profile.active AND profile.next_run <= %(instant)s AND entity.space = %(space)s);

-- name: firing_in_space
-- In how many active profiles of a space a subject fires, by drift.
SELECT problem.subject, entity.uid
FROM problem
JOIN entity ON entity.id = problem.entity_id
JOIN profile ON profile.entity_id = entity.id
WHERE problem.state = 'firing' AND problem.signal IN ('spc', 'psi', 'custom') AND profile.active
  AND entity.space = %(space)s AND problem.subject = ANY (%(subjects)s::text[]);

-- name: profiles_having
-- How many active profiles of a space have such a feature or metric.
SELECT feature.name AS subject, count(*) AS profiles
FROM feature
JOIN entity ON entity.id = feature.entity_id
JOIN profile ON profile.entity_id = entity.id
WHERE profile.active AND entity.space = %(space)s AND feature.name = ANY (%(subjects)s::text[])
GROUP BY feature.name;

-- name: alerts_of_problems
SELECT id, entity_name, created_at, alert::text AS alert FROM alert WHERE id = ANY (%(ids)s::bigint[]) ORDER BY id;

-- name: message_page
-- Newest first, below an id: what was written for groups.
SELECT delivery.id, message_group.space, delivery.channel, delivery.sequence, delivery.kind, delivery.state,
       delivery.created_at, delivery.attempts, delivery.delivered_at, delivery.last_error, delivery.receipt,
       coalesce(delivery.payload ->> 'heading', delivery.payload ->> 'title') AS title,
       delivery.payload -> 'descriptions' ->> 'console' AS text
FROM alert_delivery AS delivery JOIN message_group ON message_group.id = delivery.group_id
WHERE (%(spaces)s::text[] IS NULL OR message_group.space = ANY (%(spaces)s::text[]))
  AND (%(state)s::text IS NULL OR delivery.state = %(state)s::text)
  AND (%(below_id)s::bigint IS NULL OR delivery.id < %(below_id)s::bigint)
ORDER BY delivery.id DESC
LIMIT %(maximum)s;

-- name: due_groups
-- Those that have been due for longest. What another server has at hand is passed over.
SELECT id, key, space, channel, destination::text AS destination, episode, since, sequence, opening,
       coalesce(opened_at, clock_timestamp()) AS opened_at, instant, last_sent_at, clock_timestamp() AS now
FROM message_group
WHERE notify_at <= clock_timestamp()
ORDER BY notify_at
LIMIT %(maximum)s
FOR UPDATE SKIP LOCKED;

-- name: members_of_groups
-- What may be worth saying: what does not stand as it was told, and what fires.
SELECT member.group_id, problem.id, problem.entity_id, entity.uid, entity.space, entity.name, entity.version,
       entity.drift_type, problem.signal, problem.subject, problem.direction, problem.state, problem.episode,
       problem.since, problem.fired_at, problem.resolved_at, problem.bad_at, problem.reason, problem.verdicts,
       problem.effect, problem.p_value, problem.zone_4, problem.late, problem.alert_ids, problem.acknowledged_episode,
       problem.acknowledged_by, problem.acknowledged_at, problem.acknowledged_until, member.is_current,
       member.escalated_episode,
       (SELECT max(other.escalated_episode) FROM message_group_problem AS other WHERE other.problem_id = problem.id)
           AS escalated_in,
       member.told_state, member.told_episode, member.told_at, member.first_at, member.told_effect, member.told_zone_4
FROM message_group_problem AS member
JOIN problem ON problem.id = member.problem_id
JOIN entity ON entity.id = problem.entity_id
WHERE member.group_id = ANY (%(group_ids)s::bigint[])
  AND (problem.state = 'firing' OR member.told_state = 'firing')
ORDER BY problem.subject, entity.name, entity.version, problem.id;

-- name: undelivered_messages
-- Of each group the one that has not been delivered yet, and whether somebody is at it: there is one at most, for nothing
-- more is written before it is delivered, given up or replaced. A claim that has lapsed is one still: who had it may have
-- sent the message, and it is sent again before anything else is said.
SELECT group_id, id, undo::text AS undo, claim_until IS NOT NULL AS is_claimed
FROM alert_delivery
WHERE group_id = ANY (%(group_ids)s::bigint[]) AND state = 'pending'
ORDER BY id
FOR UPDATE;

-- name: given_up_since
-- Of each group, messages that nobody got after its last one that somebody did.
SELECT delivery.group_id, count(*) AS messages
FROM alert_delivery AS delivery
WHERE delivery.group_id = ANY (%(group_ids)s::bigint[]) AND delivery.state = 'given_up'
  AND delivery.sequence > coalesce((SELECT max(other.sequence) FROM alert_delivery AS other
                                    WHERE other.group_id = delivery.group_id AND other.state = 'delivered'), 0)
GROUP BY delivery.group_id;

-- name: remotes_of_openings
SELECT message_group.id AS group_id, delivery.remote::text AS remote
FROM message_group
JOIN alert_delivery AS delivery ON delivery.group_id = message_group.id AND delivery.sequence = message_group.opening
WHERE message_group.id = ANY (%(group_ids)s::bigint[]) AND delivery.remote IS NOT NULL;

-- name: replace_messages
UPDATE alert_delivery SET state = 'replaced', last_error = 'replaced by a later message' WHERE id = ANY (%(ids)s::bigint[]);

-- name: set_told
-- Parallel lists.
UPDATE message_group_problem AS member
SET told_state = told.state, told_episode = told.episode, told_at = told.at, first_at = told.first_at,
    told_effect = told.effect, told_zone_4 = told.zone_4
FROM unnest(%(group_ids)s::bigint[], %(problem_ids)s::bigint[], %(states)s::text[], %(episodes)s::integer[],
            %(ats)s::timestamptz[], %(first_ats)s::timestamptz[], %(effects)s::double precision[],
            %(zone_4s)s::boolean[])
     AS told (group_id, problem_id, state, episode, at, first_at, effect, zone_4)
WHERE member.group_id = told.group_id AND member.problem_id = told.problem_id;

-- name: add_messages
-- Parallel lists; lists of alerts as texts.
INSERT INTO alert_delivery (group_id, sequence, kind, undo, alert_ids, channel, destination, payload, created_at,
                            next_attempt_at)
SELECT group_id, sequence, kind, undo::json, alert_ids::bigint[], channel, destination::json, payload::json, %(now)s,
       %(now)s
FROM unnest(%(group_ids)s::bigint[], %(sequences)s::integer[], %(kinds)s::text[], %(undos)s::text[],
            %(alert_ids)s::text[], %(channels)s::text[], %(destinations)s::text[], %(payloads)s::text[])
     AS new (group_id, sequence, kind, undo, alert_ids, channel, destination, payload)
RETURNING group_id, id;

-- name: groups_have_spoken
-- Parallel lists.
UPDATE message_group
SET episode = spoken.episode, since = spoken.since, sequence = spoken.sequence, opening = spoken.opening,
    last_sent_at = %(now)s, notify_at = spoken.notify_at, opened_at = NULL, instant = NULL
FROM unnest(%(ids)s::bigint[], %(episodes)s::integer[], %(sinces)s::timestamptz[], %(sequences)s::integer[],
            %(openings)s::integer[], %(notify_ats)s::timestamptz[])
     AS spoken (id, episode, since, sequence, opening, notify_at)
WHERE message_group.id = spoken.id;

-- name: groups_wait
-- Parallel lists.
UPDATE message_group
SET notify_at = waiting.notify_at, opened_at = CASE WHEN waiting.has_news THEN opened_at END,
    instant = CASE WHEN waiting.has_news THEN instant END
FROM unnest(%(ids)s::bigint[], %(notify_ats)s::timestamptz[], %(has_news)s::boolean[])
     AS waiting (id, notify_at, has_news)
WHERE message_group.id = waiting.id;

-- name: add_told_events
-- Parallel lists.
INSERT INTO problem_event (problem_id, at, episode, kind, message_id)
SELECT problem_id, %(now)s, episode, kind, message_id
FROM unnest(%(problem_ids)s::bigint[], %(episodes)s::integer[], %(kinds)s::text[], %(message_ids)s::bigint[])
     AS told (problem_id, episode, kind, message_id);
