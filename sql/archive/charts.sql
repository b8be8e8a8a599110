-- Partial sums of archived records by feature and time bin, for DataFusion: parameters are $named, {records} is what is
-- read. Bins are aligned to the epoch; bin and width are in microseconds. The remainder of a moment before 1970 is
-- negative, hence the second one. Counts are added up as decimals: large ones would overflow. {only} leaves other
-- features out, {lowest} and {highest} are null unless somebody wants them.

-- name: value_bins
SELECT {name} AS feature, moment - ((moment % $width) + $width) % $width AS bin,
       count(*) AS count, avg(value) AS mean, stddev_pop(value) AS deviation,
       {lowest} AS lowest, {highest} AS highest
FROM (SELECT {name}, value, arrow_cast(created_at, 'Int64') AS moment FROM {records}
      WHERE uid = $uid AND created_at >= $start AND created_at < $end {only})
GROUP BY 1, 2;

-- name: huge_value_bins
-- The same for any values: as huge_value_bins in queries/charts.sql. Here what cannot be held is infinite, or no number.
SELECT {name} AS feature, moment - ((moment % $width) + $width) % $width AS bin, count(*) AS count,
       CASE WHEN max(abs(value)) < $huge THEN avg(CASE WHEN abs(value) < $huge THEN value END)
            ELSE greatest(least(avg(small), max(small)), min(small)) * $up END AS mean,
       CASE WHEN max(abs(value)) < $huge THEN stddev_pop(CASE WHEN abs(value) < $huge THEN value END)
            ELSE least(stddev_pop(small), (max(small) - min(small)) / 2) * $up END AS deviation,
       {lowest} AS lowest, {highest} AS highest
FROM (SELECT {name}, value, CASE WHEN abs(value) < $tiny THEN 0.0 ELSE value * $down END AS small,
             arrow_cast(created_at, 'Int64') AS moment
      FROM {records}
      WHERE uid = $uid AND created_at >= $start AND created_at < $end {only})
GROUP BY 1, 2;

-- name: count_bins
SELECT {name} AS feature, moment - ((moment % $width) + $width) % $width AS bin, bin_id,
       sum(CAST(bin_count AS decimal(38, 0))) AS count
FROM (SELECT {name}, bin_id, bin_count, arrow_cast(created_at, 'Int64') AS moment FROM {records}
      WHERE uid = $uid AND created_at >= $start AND created_at < $end {only})
GROUP BY 1, 2, 3;

-- name: records
SELECT * FROM {records} WHERE uid = $uid AND created_at >= $start AND created_at < $end;
