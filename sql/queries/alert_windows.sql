-- What pages mark and list: which windows alerted for which features or metrics, and what became of one of them.

-- name: alert_windows
-- Windows of checks that alerted for one of these features and that hold moments between first and last.
SELECT DISTINCT alert.entity_name AS feature, run.window_start, run.window_end
FROM alert JOIN check_run AS run ON run.id = alert.run_id
WHERE alert.entity_id = %(entity_id)s AND alert.entity_name = ANY (%(features)s::text[])
  AND alert.created_at >= %(first)s AND run.window_end > %(first)s AND run.window_start < %(last)s
ORDER BY run.window_end DESC, alert.entity_name
LIMIT %(maximum)s;

-- name: alerting_features
-- Of each of these checks how many features or metrics alerted, and the first of them by name.
SELECT run_id, count(*) AS count,
       (array_agg(entity_name ORDER BY entity_name))[1:%(maximum)s] AS features
FROM (SELECT DISTINCT run_id, entity_name FROM alert WHERE run_id = ANY (%(run_ids)s::bigint[])) AS each
GROUP BY run_id;

-- name: feature_history
-- Of one feature or metric, what each check made of it, newest first, below an id. `alerts`: for which it alerted.
SELECT run.id, run.window_start, run.window_end, run.outcome, run.attempt, run.late, run.asked_by,
       (SELECT seen::text FROM json_array_elements(run.result -> 'observations') AS seen
        WHERE seen ->> 'name' = %(feature)s LIMIT 1) AS observation,
       (SELECT left_out::text FROM json_array_elements(run.result -> 'not_checked') AS left_out
        WHERE left_out ->> 'name' = %(feature)s LIMIT 1) AS obstacle,
       ARRAY(SELECT alert::text FROM json_array_elements(run.result -> 'alerts') AS alert
             WHERE %(feature)s IN (alert #>> '{Spc,feature}', alert #>> '{Psi,feature}',
                                   alert #>> '{Custom,metric_name}')) AS alerts
FROM check_run AS run
WHERE run.entity_id = %(entity_id)s AND run.id < coalesce(%(below_id)s, 9223372036854775807)
ORDER BY run.id DESC
LIMIT %(maximum)s;
