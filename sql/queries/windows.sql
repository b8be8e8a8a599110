-- The records of one window: window_start < created_at <= window_end.

-- name: spc_window
SELECT feature.name, record.created_at, record.value
FROM spc_record AS record JOIN feature ON feature.id = record.feature_id
WHERE record.entity_id = %(entity_id)s
  AND record.created_at > %(start)s AND record.created_at <= %(end)s;

-- name: psi_window
SELECT feature.name, record.bin_id, sum(record.bin_count) AS bin_count, count(*) AS rows
FROM psi_record AS record JOIN feature ON feature.id = record.feature_id
WHERE record.entity_id = %(entity_id)s
  AND record.created_at > %(start)s AND record.created_at <= %(end)s
GROUP BY feature.name, record.bin_id;

-- name: custom_window
SELECT feature.name, count(*) AS rows, avg(record.value) AS mean
FROM custom_record AS record JOIN feature ON feature.id = record.feature_id
WHERE record.entity_id = %(entity_id)s
  AND record.created_at > %(start)s AND record.created_at <= %(end)s
GROUP BY feature.name;
