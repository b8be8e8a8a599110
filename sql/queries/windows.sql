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
-- Postgres gives up on all metrics when the values of one are too large to be added up.
SELECT feature.name, count(*) AS rows, avg(record.value) AS mean, stddev_samp(record.value) AS deviation
FROM custom_record AS record JOIN feature ON feature.id = record.feature_id
WHERE record.entity_id = %(entity_id)s
  AND record.created_at > %(start)s AND record.created_at <= %(end)s
GROUP BY feature.name;

-- name: huge_custom_window
-- The same for any values: as huge_value_bins in charts.sql. How far they scatter is left open where they are huge.
SELECT feature.name, count(*) AS rows,
       CASE WHEN max(abs(value)) < %(huge)s THEN avg(value) FILTER (WHERE abs(value) < %(huge)s)
            ELSE greatest(least(avg(small), max(small)), min(small)) * %(up)s END AS mean,
       CASE WHEN max(abs(value)) < %(huge)s THEN stddev_samp(value) FILTER (WHERE abs(value) < %(huge)s) END AS deviation
FROM (
    SELECT feature_id, value, CASE WHEN abs(value) < %(tiny)s THEN 0 ELSE value * %(down)s END AS small
    FROM custom_record
    WHERE entity_id = %(entity_id)s AND created_at > %(start)s AND created_at <= %(end)s
) AS record JOIN feature ON feature.id = record.feature_id
GROUP BY feature.name;
