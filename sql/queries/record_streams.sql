-- Queries whose rows leave Postgres as Arrow batches. They are written out in full, for COPY takes no parameters.

-- name: whole_table
-- In the order of uids as bytes, so that the statistics of a file tell where a profile is. Rows of profiles that are
-- deleted are left out. Within a profile as the index has them, by time: sorting is cheaper where they go.
SELECT record.*
FROM (SELECT id FROM entity ORDER BY uid COLLATE "C") AS entity
CROSS JOIN LATERAL (
    SELECT * FROM {records} WHERE entity_id = entity.id ORDER BY created_at
) AS record

-- name: window_of_one
SELECT * FROM {records}
WHERE entity_id = {entity_id} AND created_at >= {start} AND created_at < {end}
ORDER BY created_at

-- name: all_entities
SELECT id, uid, space, name, version FROM entity;

-- name: names_of_features
SELECT id, name FROM feature WHERE id = ANY (%(ids)s);

-- name: values_of_one
-- Of one profile, sorted by time alone: they are sorted by feature where they go.
SELECT feature_id, created_at, value FROM {records}
WHERE entity_id = {entity_id} AND created_at >= {start} AND created_at < {end}
ORDER BY created_at

-- name: window_counts_of_one
-- Summed by window. {first_moments} are the first moments of windows that follow each other, the last one ending before
-- {end}: which of them a record is in, a binary search finds. A join of ranges would compare each record with each window.
SELECT feature_id, width_bucket(created_at, {first_moments}::timestamptz[]) - 1 AS place, bin_id,
       least(sum(bin_count), 9223372036854775807)::bigint AS count, count(*) AS rows
FROM {records}
WHERE entity_id = {entity_id} AND created_at >= {start} AND created_at < {end}
GROUP BY 1, 2, 3

-- name: window_means_of_one
-- As window_counts_of_one. Postgres gives up on all of it when the values of one window are too large to be added up.
SELECT feature_id, width_bucket(created_at, {first_moments}::timestamptz[]) - 1 AS place,
       count(*) AS rows, avg(value) AS mean, stddev_samp(value) AS deviation
FROM {records}
WHERE entity_id = {entity_id} AND created_at >= {start} AND created_at < {end}
GROUP BY 1, 2

-- name: huge_window_means_of_one
-- The same for any values: as huge_custom_window in windows.sql.
SELECT feature_id, place, count(*) AS rows,
       CASE WHEN max(abs(value)) < {huge} THEN avg(value) FILTER (WHERE abs(value) < {huge})
            ELSE greatest(least(avg(small), max(small)), min(small)) * {up} END AS mean,
       CASE WHEN max(abs(value)) < {huge} THEN stddev_samp(value) FILTER (WHERE abs(value) < {huge}) END AS deviation
FROM (
    SELECT feature_id, value, width_bucket(created_at, {first_moments}::timestamptz[]) - 1 AS place,
           CASE WHEN abs(value) < {tiny} THEN 0 ELSE value * {down} END AS small
    FROM {records}
    WHERE entity_id = {entity_id} AND created_at >= {start} AND created_at < {end}
) AS record
GROUP BY 1, 2
