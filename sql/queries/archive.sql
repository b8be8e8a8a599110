-- name: lock_records_for_reading
-- Until the end of the transaction no day leaves this table: whoever reads the manifest afterwards counts no record twice,
-- and misses none.
LOCK TABLE ONLY {records} IN ACCESS SHARE MODE;

-- name: frozen_parts
-- Locked, so that their tables stay until this transaction has read them.
SELECT id, kind, day, part, frozen_table
FROM archive_part
WHERE kind = %(kind)s AND state = 'frozen' AND day BETWEEN %(first)s AND %(last)s
ORDER BY day, part
FOR SHARE;

-- name: archived_files
-- Those that have records of one profile within start <= created_at < end.
SELECT part.path, content.rows
FROM archive_content AS content JOIN archive_part AS part ON part.id = content.part_id
WHERE content.entity_id = %(entity_id)s AND part.kind = %(kind)s AND part.state = 'archived'
  AND content.last_created_at >= %(start)s AND content.first_created_at < %(end)s
ORDER BY part.day, part.part;

-- name: unfinished_parts
SELECT id, kind, day, part, frozen_table FROM archive_part WHERE state = 'frozen' ORDER BY day, kind, part;

-- name: recently_archived_days
-- Days of which a part was archived since then: what comes late for them can wait for more of its kind.
SELECT DISTINCT day FROM archive_part WHERE kind = %(kind)s AND archived_at > %(since)s;

-- name: add_part
INSERT INTO archive_part (kind, day, part, frozen_table)
VALUES (%(kind)s, %(day)s, %(part)s, %(frozen_table)s)
RETURNING id;

-- name: next_part
SELECT coalesce(max(part), 0) + 1 AS number FROM archive_part WHERE kind = %(kind)s AND day = %(day)s;

-- name: checks_need_from
-- The beginning of the oldest window that a check may still want: one that is to come, or one that is made again for
-- late records. No row: nothing is needed.
SELECT moment, uid FROM (
    SELECT profile.previous_run AS moment, entity.uid
    FROM profile JOIN entity ON entity.id = profile.entity_id WHERE profile.active
    UNION ALL
    SELECT run.window_start, entity.uid
    FROM check_run AS run JOIN entity ON entity.id = run.entity_id
    WHERE run.finished_at > %(since)s AND run.window_end > %(since)s
) AS needed
ORDER BY moment LIMIT 1;

-- name: keep_entities
-- Profiles are deleted before or after, not meanwhile.
SELECT pg_advisory_xact_lock_shared(hashtext('scouter_py.entities'));

-- name: add_contents
-- Of profiles that are still there. Parallel lists.
INSERT INTO archive_content (part_id, entity_id, rows, first_created_at, last_created_at)
SELECT %(part_id)s, found.* FROM unnest(
    %(entity_ids)s::integer[], %(rows)s::bigint[], %(first)s::timestamptz[], %(last)s::timestamptz[]
) AS found (entity_id, rows, first, last) JOIN entity ON entity.id = found.entity_id;

-- name: count_records
SELECT count(*) FROM {records};

-- name: count_present_records
-- Without those of profiles that are deleted, which takes longer.
SELECT count(*) FROM {records} WHERE entity_id IN (SELECT id FROM entity);

-- name: wait_for_readers
-- For a while: who waits for a lock keeps others waiting.
SET LOCAL lock_timeout TO '10s';

-- name: set_archived
UPDATE archive_part
SET state = 'archived', archived_at = now(), path = %(path)s, rows = %(rows)s, bytes = %(bytes)s,
    first_created_at = %(first)s, last_created_at = %(last)s
WHERE id = %(part_id)s AND state = 'frozen';

-- name: drop_frozen
DROP TABLE {records};

-- name: is_empty
SELECT NOT EXISTS (SELECT FROM {records}) AS yes;

-- name: has_archived
SELECT EXISTS (SELECT FROM archive_part WHERE state = 'archived' AND path IS NOT NULL) AS yes;

-- name: expire
-- Readers that have begun may still open the files; they are deleted later.
UPDATE archive_part SET state = 'expired', expired_at = now()
WHERE state = 'archived' AND day < %(before)s;

-- name: expired_files
SELECT id, path FROM archive_part
WHERE state = 'expired' AND path IS NOT NULL AND expired_at < %(before)s
ORDER BY day LIMIT 1000;

-- name: forget_file
WITH gone AS (DELETE FROM archive_content WHERE part_id = %(part_id)s)
UPDATE archive_part SET path = NULL WHERE id = %(part_id)s;

-- name: archive_days
-- Newest first, beginning below a place in that order. What is hot is as Postgres last estimated it.
WITH every AS (
    SELECT day, kind, state, rows, bytes, archived_at FROM archive_part
    UNION ALL
    SELECT to_date(right(child.relname, 8), 'YYYYMMDD'), replace(parent.relname, '_record', ''), 'hot',
           greatest(child.reltuples, 0)::bigint, pg_total_relation_size(child.oid), NULL
    FROM pg_inherits
    JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
    JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
    WHERE parent.relnamespace = current_schema()::regnamespace AND child.relname ~ '_record_[0-9]{8}$'
      AND parent.relname IN ('spc_record', 'psi_record', 'custom_record') AND pg_relation_size(child.oid) > 0
)
SELECT day, kind, state, count(*) AS parts, coalesce(sum(rows), 0)::bigint AS rows,
       coalesce(sum(bytes), 0)::bigint AS bytes, max(archived_at) AS archived_at
FROM every
WHERE %(kind)s::text IS NULL OR kind = %(kind)s::text
GROUP BY day, kind, state
HAVING %(below_day)s::date IS NULL OR (day, kind, state) < (%(below_day)s::date, %(below_kind)s::text, %(below_state)s::text)
ORDER BY day DESC, kind DESC, state DESC
LIMIT %(maximum)s;

-- name: archive_totals
SELECT state, count(*) AS parts, coalesce(sum(rows), 0)::bigint AS rows, coalesce(sum(bytes), 0)::bigint AS bytes
FROM archive_part GROUP BY state;

-- name: vacuum_frozen
-- An index that knows which pages are wholly visible is read without the table; and the planner is told how much there is.
-- It stands outside of transactions, and so, behind a pooler, outside of our search path.
VACUUM (ANALYZE) scouter_py.{records};
