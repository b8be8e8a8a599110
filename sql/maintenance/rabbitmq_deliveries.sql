-- Messages from RabbitMQ that were stored by sessions that were lost, and that the broker never delivered again.

-- name: count_due
SELECT count(*) FROM rabbitmq_delivery WHERE stored_at < %(before)s;

-- name: delete_due
WITH due AS (
    SELECT id, stored_at AS moment FROM rabbitmq_delivery
    WHERE stored_at >= %(since)s AND stored_at < %(before)s
    ORDER BY stored_at
    LIMIT %(maximum)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM rabbitmq_delivery USING due WHERE rabbitmq_delivery.id = due.id RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT max(moment) FROM due) AS last;
