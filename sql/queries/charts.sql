-- Partial sums by feature and time bin. Bins are aligned to the epoch; the width is in whole microseconds.
-- regr_sxx(v, v) is the sum of squared deviations, summed without cancellation.

-- name: spc_bins
SELECT feature_id, bin, count, mean, m2 FROM (
    SELECT feature_id,
           date_bin(%(width)s, created_at, '1970-01-01 00:00:00+00') AS bin,
           count(*) AS count, avg(value) AS mean, regr_sxx(value, value) AS m2
    FROM spc_record
    WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
    GROUP BY 1, 2
) AS bins ORDER BY feature_id, bin DESC;

-- name: custom_bins
SELECT feature_id, bin, count, mean, m2 FROM (
    SELECT feature_id,
           date_bin(%(width)s, created_at, '1970-01-01 00:00:00+00') AS bin,
           count(*) AS count, avg(value) AS mean, regr_sxx(value, value) AS m2
    FROM custom_record
    WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
    GROUP BY 1, 2
) AS bins ORDER BY feature_id, bin DESC;

-- name: psi_bins
SELECT feature_id, bin, bin_id, count FROM (
    SELECT feature_id,
           date_bin(%(width)s, created_at, '1970-01-01 00:00:00+00') AS bin,
           bin_id, least(sum(bin_count), 9223372036854775807)::bigint AS count
    FROM psi_record
    WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
    GROUP BY 1, 2, 3
) AS bins ORDER BY feature_id, bin DESC;
