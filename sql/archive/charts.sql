-- Partial sums of archived records by feature and time bin, for DataFusion: parameters are $named, {records} is what is
-- read. Bins are aligned to the epoch; bin and width are in microseconds. The remainder of a moment before 1970 is
-- negative, hence the second one. Counts are added up as decimals: large ones would overflow.

-- name: value_bins
SELECT {name} AS feature, moment - ((moment % $width) + $width) % $width AS bin,
       count(*) AS count, avg(value) AS mean, var_pop(value) * count(*) AS m2
FROM (SELECT {name}, value, arrow_cast(created_at, 'Int64') AS moment FROM {records}
      WHERE uid = $uid AND created_at >= $start AND created_at < $end)
GROUP BY 1, 2;

-- name: count_bins
SELECT {name} AS feature, moment - ((moment % $width) + $width) % $width AS bin, bin_id,
       sum(CAST(bin_count AS decimal(38, 0))) AS count
FROM (SELECT {name}, bin_id, bin_count, arrow_cast(created_at, 'Int64') AS moment FROM {records}
      WHERE uid = $uid AND created_at >= $start AND created_at < $end)
GROUP BY 1, 2, 3;

-- name: records
SELECT * FROM {records} WHERE uid = $uid AND created_at >= $start AND created_at < $end;
