-- Times that were stored while the clock was ahead. All of it is by the database's clock.

-- name: set_back_checks
-- A previous run that is to come: no check would be made until then. The windows that were checked when the clock was
-- ahead are checked again once they are over. The runs of then stay; their windows become next to nothing, each another,
-- at the beginning of what is checked again.
WITH ahead AS (
    SELECT entity_id, created_at FROM profile
    WHERE active AND previous_run > clock_timestamp() + %(tolerance)s::interval
    FOR UPDATE
), too_early AS (
    SELECT id, entity_id, row_number() OVER (PARTITION BY entity_id ORDER BY id) AS place,
           min(window_start) OVER (PARTITION BY entity_id) AS since
    FROM check_run
    WHERE entity_id IN (SELECT entity_id FROM ahead) AND window_end > clock_timestamp() + %(tolerance)s::interval
), kept AS (
    UPDATE check_run
    SET set_back = true, window_start = since, window_end = since + place * interval '1 microsecond',
        note = concat_ws('; ', note, 'the clock was ahead: the window from '
                         || to_char(window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' to '
                         || to_char(window_end AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' is checked again')
    FROM too_early WHERE check_run.id = too_early.id
), again AS (
    SELECT ahead.entity_id, least(coalesce(min(too_early.since), ahead.created_at), clock_timestamp()) AS since
    FROM ahead LEFT JOIN too_early USING (entity_id)
    GROUP BY ahead.entity_id, ahead.created_at
)
UPDATE profile
SET previous_run = again.since, next_run = clock_timestamp() - %(grace)s::interval,
    lease_token = NULL, lease_until = NULL, attempts = 0, retry_at = NULL
FROM again
WHERE profile.entity_id = again.entity_id;

-- name: runs_to_come
-- Every profile whose schedule says when it is checked next.
SELECT entity_id, schedule, next_run, clock_timestamp() AS now FROM profile
WHERE active AND next_run > clock_timestamp();

-- name: set_back_next_run
UPDATE profile SET next_run = %(right)s WHERE entity_id = %(entity_id)s AND next_run = %(wrong)s;

-- name: set_back_leases
UPDATE profile SET lease_token = NULL, lease_until = NULL
WHERE lease_until > clock_timestamp() + %(lease)s::interval;

-- name: set_back_retries
UPDATE profile SET retry_at = NULL WHERE retry_at > clock_timestamp();

-- name: set_back_deliveries
-- The next try is made now; a claim that somebody still holds is none of ours.
UPDATE alert_delivery
SET next_attempt_at = least(next_attempt_at, clock_timestamp()),
    claim_until = CASE WHEN claim_until > clock_timestamp() + %(lease)s::interval THEN NULL ELSE claim_until END
WHERE state = 'pending'
  AND (next_attempt_at > clock_timestamp() OR claim_until > clock_timestamp() + %(lease)s::interval);

-- name: set_back_problems
-- Windows that are yet to come have no verdicts, and nothing that comes before them is settled.
UPDATE problem
SET windows = ARRAY(SELECT window_end FROM unnest(windows) AS window_end WHERE window_end <= clock_timestamp()
                    ORDER BY window_end),
    verdicts = ARRAY(SELECT bad FROM unnest(windows, verdicts) AS evaluated (window_end, bad)
                     WHERE window_end <= clock_timestamp() ORDER BY window_end),
    settled_until = CASE WHEN settled_until <= clock_timestamp() THEN settled_until END,
    bad_at = least(bad_at, clock_timestamp())
WHERE clock_timestamp() + %(tolerance)s::interval
      < greatest(settled_until, bad_at, (SELECT max(window_end) FROM unnest(windows) AS window_end));

-- name: set_back_groups
-- They look anew at what they have to say; what they said was said now.
UPDATE message_group
SET notify_at = clock_timestamp(), last_sent_at = least(last_sent_at, clock_timestamp()), opened_at = NULL, instant = NULL
WHERE greatest(last_sent_at, opened_at) > clock_timestamp() + %(tolerance)s::interval;

-- name: set_back_told
UPDATE message_group_problem
SET told_at = least(told_at, clock_timestamp()), first_at = least(first_at, clock_timestamp())
WHERE greatest(told_at, first_at) > clock_timestamp() + %(tolerance)s::interval;
