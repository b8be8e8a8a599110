-- What a dry run wants to know beside records.

-- name: limit_statements
-- Until the end of the transaction.
SELECT set_config('statement_timeout', %(milliseconds)s::text, true);

-- name: count_up_to
-- How many records there are, or `most` if there are more.
SELECT count(*) FROM (
    SELECT FROM {records}
    WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
    LIMIT %(most)s
) AS record;

-- name: recorded_windows
-- What the last check of each window saw.
SELECT DISTINCT ON (window_end) window_start, window_end, outcome, row_count
FROM check_run
WHERE entity_id = %(entity_id)s AND window_end > %(start)s AND window_end <= %(end)s AND NOT set_back
ORDER BY window_end, attempt DESC;

-- name: checked_rows
-- How many records checks saw in days that are not in the archive.
SELECT coalesce(sum(row_count), 0)::bigint FROM (
    SELECT DISTINCT ON (window_end) window_start, row_count
    FROM check_run
    WHERE entity_id = %(entity_id)s AND window_end > %(start)s AND window_end <= %(end)s AND NOT set_back
    ORDER BY window_end, attempt DESC
) AS run
WHERE NOT EXISTS (
    SELECT FROM archive_part AS part
    WHERE part.kind = %(kind)s AND part.state = 'archived' AND part.day = (run.window_start AT TIME ZONE 'UTC')::date);

-- name: archived_rows
-- About: as if the records of a file came evenly. A moment is added so that a single one has a length.
SELECT coalesce(ceil(sum(content.rows * (
           extract(epoch FROM least(content.last_created_at + moment, %(end)s) - greatest(content.first_created_at, %(start)s))
           / extract(epoch FROM content.last_created_at + moment - content.first_created_at)))), 0)::bigint
FROM archive_content AS content
JOIN archive_part AS part ON part.id = content.part_id
CROSS JOIN (SELECT interval '1 microsecond' AS moment) AS one
WHERE content.entity_id = %(entity_id)s AND part.kind = %(kind)s AND part.state = 'archived'
  AND content.last_created_at >= %(start)s AND content.first_created_at < %(end)s;

-- name: silences_between
SELECT id, matchers::text AS matchers, starts_at, ends_at, comment, created_by, created_at, updated_by, updated_at,
       clock_timestamp() AS now
FROM silence
WHERE ends_at > %(start)s AND starts_at <= %(end)s;

-- name: newest_version
-- Of the profiles of that name the one whose records there are most likely to be: an active one before others.
SELECT entity.version
FROM profile JOIN entity ON entity.id = profile.entity_id
WHERE entity.space = %(space)s AND entity.name = %(name)s AND entity.drift_type = %(drift_type)s
ORDER BY profile.active DESC, entity.id DESC
LIMIT 1;
