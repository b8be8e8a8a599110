-- name: vital_signs
-- How long what is due has been: the check that waits for longest, the group that has something to say, the message that
-- is not delivered. Null: nothing of the kind. Negative: not yet.
SELECT (SELECT extract(epoch FROM clock_timestamp()
                                  - min(greatest(next_run + least(%(grace)s::interval, schedule_gap), retry_at)))
        FROM profile
        WHERE active AND (lease_until IS NULL OR lease_until < clock_timestamp()))::double precision AS check_seconds,
       (SELECT extract(epoch FROM clock_timestamp() - min(notify_at)) FROM message_group)::double precision
           AS group_seconds,
       (SELECT extract(epoch FROM clock_timestamp() - min(created_at))
        FROM alert_delivery WHERE state = 'pending')::double precision AS message_seconds,
       (SELECT count(*) FROM alert_delivery
        WHERE state = 'given_up' AND created_at > clock_timestamp() - interval '1 day') AS given_up;
