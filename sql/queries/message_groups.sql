-- name: schedule_group
-- It speaks at `notify_at` at the latest, but not twice within its interval.
INSERT INTO message_group (key, space, channel, destination, notify_at, opened_at, instant)
VALUES (%(key)s, %(space)s, %(channel)s, %(destination)s::json, %(notify_at)s, %(now)s, %(instant)s)
ON CONFLICT (key) DO UPDATE
SET notify_at = least(message_group.notify_at,
                      greatest(EXCLUDED.notify_at, message_group.last_sent_at + %(interval)s::interval)),
    opened_at = CASE WHEN message_group.notify_at <= message_group.opened_at + interval '1 hour'
                     THEN message_group.opened_at ELSE EXCLUDED.opened_at END,
    instant = greatest(message_group.instant, EXCLUDED.instant)
RETURNING id;

-- name: join_group
INSERT INTO message_group_problem (group_id, problem_id) VALUES (%(group_id)s, %(problem_id)s)
ON CONFLICT (group_id, problem_id) DO NOTHING;

-- name: set_current_groups
-- It is told in these from now on, and in others only taken back.
UPDATE message_group_problem SET is_current = (group_id = ANY (%(group_ids)s::bigint[]))
WHERE problem_id = %(problem_id)s AND is_current <> (group_id = ANY (%(group_ids)s::bigint[]));

-- name: memberships_of_problem
SELECT member.group_id, message_group.key, member.is_current, member.told_state, member.told_episode, member.told_at,
       member.first_at, member.told_effect, member.told_zone_4
FROM message_group_problem AS member JOIN message_group ON message_group.id = member.group_id
WHERE member.problem_id = %(problem_id)s;

-- name: wake_group
UPDATE message_group
SET notify_at = least(notify_at, greatest(%(at)s, last_sent_at + %(interval)s::interval)),
    opened_at = coalesce(CASE WHEN notify_at IS NOT NULL THEN opened_at END, clock_timestamp())
WHERE id = %(id)s;

-- name: due_group
-- The one that has been due for longest. What another server has at hand is passed over.
SELECT id, key, space, channel, destination::text AS destination, episode, since, sequence, opening, opened_at, instant,
       last_sent_at, clock_timestamp() AS now
FROM message_group
WHERE notify_at <= clock_timestamp()
ORDER BY notify_at
LIMIT 1
FOR UPDATE SKIP LOCKED;

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

-- name: members_of_group
-- What may be worth saying: what does not stand as it was told, and what fires.
SELECT problem.id, problem.entity_id, entity.uid, entity.space, entity.name, entity.version, entity.drift_type,
       problem.signal, problem.subject, problem.direction, problem.state, problem.episode, problem.since,
       problem.fired_at, problem.resolved_at, problem.bad_at, problem.reason, problem.verdicts, problem.effect,
       problem.p_value, problem.zone_4, problem.late, problem.alert_ids, problem.acknowledged_episode,
       problem.acknowledged_by, problem.acknowledged_at, problem.acknowledged_until, member.is_current,
       member.told_state, member.told_episode, member.told_at, member.first_at, member.told_effect, member.told_zone_4
FROM message_group_problem AS member
JOIN problem ON problem.id = member.problem_id
JOIN entity ON entity.id = problem.entity_id
WHERE member.group_id = %(group_id)s AND (problem.state = 'firing' OR member.told_state = 'firing')
ORDER BY problem.subject, entity.name, entity.version, problem.id;

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

-- name: undelivered_message
-- One that has not been delivered yet, and whether somebody is at it. There is one at most: nothing more is written
-- before it is delivered, given up or replaced.
SELECT id, sequence, undo::text AS undo, coalesce(claim_until > clock_timestamp(), false) AS is_claimed
FROM alert_delivery
WHERE group_id = %(group_id)s AND state = 'pending'
FOR UPDATE;

-- name: given_up_since
-- Messages of a group that nobody got, after its last one that somebody did.
SELECT count(*) FROM alert_delivery
WHERE group_id = %(group_id)s AND state = 'given_up'
  AND sequence > coalesce((SELECT max(sequence) FROM alert_delivery
                           WHERE group_id = %(group_id)s AND state = 'delivered'), 0);

-- name: replace_message
UPDATE alert_delivery SET state = 'replaced', last_error = 'replaced by a later message' WHERE id = %(id)s;

-- name: set_told
UPDATE message_group_problem
SET told_state = %(told_state)s, told_episode = %(told_episode)s, told_at = %(told_at)s, first_at = %(first_at)s,
    told_effect = %(told_effect)s, told_zone_4 = %(told_zone_4)s
WHERE group_id = %(group_id)s AND problem_id = %(problem_id)s;

-- name: add_message
INSERT INTO alert_delivery (group_id, sequence, kind, undo, alert_ids, channel, destination, payload, created_at,
                            next_attempt_at)
VALUES (%(group_id)s, %(sequence)s, %(kind)s, %(undo)s::json, %(alert_ids)s::bigint[], %(channel)s,
        %(destination)s::json, %(payload)s::json, %(now)s, %(now)s)
RETURNING id;

-- name: group_has_spoken
UPDATE message_group
SET episode = %(episode)s, since = %(since)s, sequence = %(sequence)s, opening = %(opening)s, last_sent_at = %(now)s,
    notify_at = %(notify_at)s, opened_at = %(now)s, instant = NULL
WHERE id = %(id)s;

-- name: group_waits
UPDATE message_group SET notify_at = %(notify_at)s WHERE id = %(id)s;

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
