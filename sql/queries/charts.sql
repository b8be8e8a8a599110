-- Partial sums by feature and time bin. Bins are aligned to the epoch; the width is in whole microseconds.
-- The mean and the deviation share one pass of the same sums; the deviation is that of the values themselves, divisor n.
-- There is no order here: asking for one makes the planner sort all rows of a month instead of adding them up as they
-- come. Null `feature_ids` are all features. {lowest} and {highest} are null unless somebody wants them: they take time.

-- name: value_bins
-- Postgres gives up on the whole answer when the sums or squares of any bin pass what a float can hold.
SELECT feature_id,
       date_bin(%(width)s, created_at, '1970-01-01 00:00:00+00') AS bin,
       count(*) AS count, avg(value) AS mean, stddev_pop(value) AS deviation, {lowest} AS lowest, {highest} AS highest
FROM {records}
WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
  AND (%(feature_ids)s::integer[] IS NULL OR feature_id = ANY (%(feature_ids)s))
GROUP BY 1, 2;

-- name: huge_value_bins
-- The same for any values, in twice the time. Bins with values beyond `huge` are reckoned in values times `down`; there
-- what is below `tiny` is nothing. Mean and deviation of what a float holds are held by one themselves: the limits are
-- against the last digit.
WITH record AS (
    SELECT feature_id, date_bin(%(width)s, created_at, '1970-01-01 00:00:00+00') AS bin, value,
           CASE WHEN abs(value) < %(tiny)s THEN 0 ELSE value * %(down)s END AS small
    FROM {records}
    WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
      AND (%(feature_ids)s::integer[] IS NULL OR feature_id = ANY (%(feature_ids)s))
)
SELECT feature_id, bin, count(*) AS count,
       CASE WHEN max(abs(value)) < %(huge)s THEN avg(value) FILTER (WHERE abs(value) < %(huge)s)
            ELSE greatest(least(avg(small), max(small)), min(small)) * %(up)s END AS mean,
       CASE WHEN max(abs(value)) < %(huge)s THEN stddev_pop(value) FILTER (WHERE abs(value) < %(huge)s)
            ELSE least(stddev_pop(small), (max(small) - min(small)) / 2) * %(up)s END AS deviation,
       {lowest} AS lowest, {highest} AS highest
FROM record
GROUP BY 1, 2;

-- name: count_bins
SELECT feature_id,
       date_bin(%(width)s, created_at, '1970-01-01 00:00:00+00') AS bin,
       bin_id, least(sum(bin_count), 9223372036854775807)::bigint AS count
FROM {records}
WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
  AND (%(feature_ids)s::integer[] IS NULL OR feature_id = ANY (%(feature_ids)s))
GROUP BY 1, 2, 3;
