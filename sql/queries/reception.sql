-- Whether what is sent can be taken and stored, by whichever way it comes.

-- name: report_receivers
-- Of one server, as parallel lists.
INSERT INTO receiver (instance, transport, is_up, is_behind, seen_at)
SELECT %(instance)s::uuid, report.*, clock_timestamp()
FROM unnest(%(transports)s::text[], %(up)s::boolean[], %(behind)s::boolean[]) AS report
ON CONFLICT (instance, transport) DO UPDATE
SET is_up = excluded.is_up, is_behind = excluded.is_behind, seen_at = excluded.seen_at;

-- name: forget_receivers
-- Who has not been seen for so long is not expected any more.
DELETE FROM receiver WHERE seen_at NOT BETWEEN clock_timestamp() - %(age)s::interval
                                           AND clock_timestamp() + interval '1 minute';

-- name: receives
-- Somebody reads on every way in that there is, and nothing waits to be stored: a broker keeps what waits for whoever
-- reads next, the spool of a server that is gone keeps it for that one.
SELECT EXISTS (SELECT FROM receiver)
   AND NOT EXISTS (SELECT FROM receiver
                   WHERE is_behind AND (transport = 'http' OR seen_at > clock_timestamp() - %(fresh)s::interval))
   AND NOT EXISTS (SELECT FROM receiver
                   GROUP BY transport
                   HAVING NOT bool_or(is_up AND seen_at > clock_timestamp() - %(fresh)s::interval)) AS receives;

-- name: reception
SELECT looked_at, without_gap_since, hours::text AS hours, hours_from, clock_timestamp() AS now FROM reception;

-- name: put_reception
UPDATE reception
SET looked_at = %(looked_at)s, without_gap_since = %(without_gap_since)s, hours = %(hours)s::text::bit varying(672),
    hours_from = %(hours_from)s;
