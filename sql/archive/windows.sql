-- Archived records by the windows of a schedule, for DataFusion: as in charts.sql. `place_of` is given by whoever asks: in
-- which window a moment is, in microseconds since 1970.

-- name: values
SELECT {name} AS feature, created_at, value FROM {records}
WHERE uid = $uid AND created_at >= $start AND created_at < $end;

-- name: window_counts
SELECT {name} AS feature, place_of(moment) AS place, bin_id,
       CAST(least(sum(CAST(bin_count AS decimal(38, 0))), CAST(9223372036854775807 AS decimal(38, 0))) AS bigint) AS count,
       count(*) AS rows
FROM (SELECT {name}, bin_id, bin_count, arrow_cast(created_at, 'Int64') AS moment FROM {records}
      WHERE uid = $uid AND created_at >= $start AND created_at < $end)
GROUP BY 1, 2, 3;

-- name: window_means
SELECT {name} AS feature, place_of(moment) AS place, count(*) AS rows, avg(value) AS mean,
       CASE WHEN count(*) > 1 THEN stddev_samp(value) END AS deviation
FROM (SELECT {name}, value, arrow_cast(created_at, 'Int64') AS moment FROM {records}
      WHERE uid = $uid AND created_at >= $start AND created_at < $end)
GROUP BY 1, 2;

-- name: huge_window_means
-- The same for any values: as huge_custom_window in queries/windows.sql.
SELECT {name} AS feature, place_of(moment) AS place, count(*) AS rows,
       CASE WHEN max(abs(value)) < $huge THEN avg(CASE WHEN abs(value) < $huge THEN value END)
            ELSE greatest(least(avg(small), max(small)), min(small)) * $up END AS mean,
       CASE WHEN max(abs(value)) < $huge AND count(*) > 1
            THEN stddev_samp(CASE WHEN abs(value) < $huge THEN value END) END AS deviation
FROM (SELECT {name}, value, CASE WHEN abs(value) < $tiny THEN 0.0 ELSE value * $down END AS small,
             arrow_cast(created_at, 'Int64') AS moment
      FROM {records}
      WHERE uid = $uid AND created_at >= $start AND created_at < $end)
GROUP BY 1, 2;
