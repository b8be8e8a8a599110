-- What stands beside alerts on a list: for each, by its id. Lists are a page long at most.

-- name: deliveries_of_alerts
-- The message that told of it was put in by the same check, with the same moment; or its problem was told of, since the
-- problem began. The try that is under way is not counted: nobody knows yet how it ends.
SELECT alert.id AS alert_id, delivery.id, delivery.channel, delivery.destination::text AS destination, delivery.state,
       delivery.created_at, delivery.next_attempt_at, delivery.delivered_at, delivery.last_error, delivery.receipt,
       delivery.attempts - (delivery.state = 'pending' AND delivery.claimed_by IS NOT NULL)::integer AS attempts
FROM alert
JOIN alert_delivery AS delivery ON delivery.created_at = alert.created_at AND delivery.entity_id = alert.entity_id
                               AND alert.id = ANY (delivery.alert_ids)
WHERE alert.id = ANY (%(ids)s)
UNION
SELECT alert.id, delivery.id, delivery.channel, delivery.destination::text, delivery.state, delivery.created_at,
       delivery.next_attempt_at, delivery.delivered_at, delivery.last_error, delivery.receipt,
       delivery.attempts - (delivery.state = 'pending' AND delivery.claimed_by IS NOT NULL)::integer
FROM alert
JOIN problem ON problem.entity_id = alert.entity_id AND problem.signal IN ('spc', 'psi', 'custom')
            AND problem.subject = alert.entity_name AND problem.since <= alert.created_at
JOIN problem_event AS event ON event.problem_id = problem.id AND event.episode = problem.episode
                           AND event.kind IN ('told firing', 'told reminder', 'told worse')
JOIN alert_delivery AS delivery ON delivery.id = event.message_id AND delivery.state <> 'replaced'
WHERE alert.id = ANY (%(ids)s)
ORDER BY id, alert_id;

-- name: deliveries_of_problem
-- Every message that told of it, the newest first.
SELECT event.kind, event.episode, coalesce(member.escalated_episode = event.episode, false) AS is_escalation,
       delivery.id, delivery.channel, delivery.destination::text AS destination, delivery.state, delivery.created_at,
       delivery.next_attempt_at, delivery.delivered_at, delivery.last_error, delivery.receipt,
       delivery.attempts - (delivery.state = 'pending' AND delivery.claimed_by IS NOT NULL)::integer AS attempts
FROM problem_event AS event
JOIN alert_delivery AS delivery ON delivery.id = event.message_id
LEFT JOIN message_group_problem AS member ON member.group_id = delivery.group_id
                                         AND member.problem_id = event.problem_id
WHERE event.problem_id = %(problem_id)s
ORDER BY event.id DESC
LIMIT %(maximum)s;

-- name: checks_with_open_alerts
-- In how many checks its feature was found so: those of one check have one moment.
SELECT newest.id AS alert_id, count(DISTINCT open.created_at) AS checks
FROM alert AS newest
JOIN alert AS open ON open.entity_id = newest.entity_id AND open.entity_name = newest.entity_name AND open.active
WHERE newest.id = ANY (%(ids)s)
GROUP BY newest.id;

-- name: ended_by_themselves
-- The end of the first window with records after it, whose check did not find its feature so.
SELECT last.id AS alert_id, later.window_end AS since
FROM alert AS last
CROSS JOIN LATERAL (
    SELECT run.window_end
    FROM check_run AS run
    WHERE run.entity_id = last.entity_id AND run.id > last.run_id AND run.outcome IN ('ok', 'alert') AND NOT run.set_back
      AND NOT EXISTS (SELECT FROM alert WHERE alert.run_id = run.id AND alert.entity_name = last.entity_name)
    ORDER BY run.id
    LIMIT 1
) AS later
WHERE last.id = ANY (%(ids)s);

-- name: alerts_of_the_same_acknowledgement
-- Those of its feature that somebody acknowledged together with it.
SELECT other.id
FROM alert AS one
JOIN alert AS other ON other.acknowledged_at = one.acknowledged_at AND other.entity_id = one.entity_id
                   AND other.entity_name = one.entity_name AND other.acknowledged_by = one.acknowledged_by
WHERE one.id = %(id)s;

-- name: spc_rules
-- As their profiles have them now.
SELECT entity.uid, profile.document #>> '{config,alert_config,rule,rule}' AS rule
FROM profile JOIN entity ON entity.id = profile.entity_id
WHERE entity.uid = ANY (%(uids)s) AND entity.drift_type = 'Spc';

-- name: acknowledged_together
-- By one person, at one moment.
SELECT count(*) FROM alert WHERE acknowledged_at = %(at)s AND acknowledged_by = %(username)s;

-- name: open_alert_totals
-- Features with open alerts, counted by whether the last check with records found them so. Each step goes to the next
-- feature in the index, however many alerts the one before has.
WITH RECURSIVE open_group AS (
    (SELECT entity_id, entity_name
     FROM alert
     WHERE active AND (%(entity_id)s::integer IS NULL OR entity_id = %(entity_id)s)
     ORDER BY entity_id, entity_name
     LIMIT 1)
    UNION ALL
    SELECT following.entity_id, following.entity_name
    FROM open_group
    CROSS JOIN LATERAL (
        SELECT entity_id, entity_name
        FROM alert
        WHERE active AND (entity_id, entity_name) > (open_group.entity_id, open_group.entity_name)
          AND (%(entity_id)s::integer IS NULL OR entity_id = %(entity_id)s)
        ORDER BY entity_id, entity_name
        LIMIT 1
    ) AS following
), judged AS (
    SELECT open_group.entity_id, coalesce(open_group.entity_name = ANY (profile.alerting), false) AS still
    FROM open_group
    JOIN entity ON entity.id = open_group.entity_id
    LEFT JOIN profile ON profile.entity_id = open_group.entity_id
    WHERE (%(spaces)s::text[] IS NULL OR entity.space = ANY (%(spaces)s))
      AND (%(since)s::timestamptz IS NULL
           OR EXISTS (SELECT FROM alert
                      WHERE alert.active AND alert.entity_id = open_group.entity_id
                        AND alert.entity_name = open_group.entity_name AND alert.created_at >= %(since)s))
)
SELECT count(*) FILTER (WHERE still) AS still, count(DISTINCT entity_id) FILTER (WHERE still) AS profiles,
       count(*) FILTER (WHERE NOT still) AS ended
FROM judged;
