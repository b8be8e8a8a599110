-- Partial sums by feature and time bin. Bins are aligned to the epoch; the width is in whole microseconds.
-- The mean and the variance share one pass of the same sums; m2 is the sum of squared deviations. There is no order here:
-- asking for one makes the planner sort all rows of a month instead of adding them up as they come.

-- name: value_bins
SELECT feature_id,
       date_bin(%(width)s, created_at, '1970-01-01 00:00:00+00') AS bin,
       count(*) AS count, avg(value) AS mean, coalesce(var_samp(value), 0) * (count(*) - 1) AS m2
FROM {records}
WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
GROUP BY 1, 2;

-- name: count_bins
SELECT feature_id,
       date_bin(%(width)s, created_at, '1970-01-01 00:00:00+00') AS bin,
       bin_id, least(sum(bin_count), 9223372036854775807)::bigint AS count
FROM {records}
WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
GROUP BY 1, 2, 3;
