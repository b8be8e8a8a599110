-- name: first_records
-- How many records a profile has since then, as far as they are counted, and when the first of these came.
SELECT count(*) AS count, min(created_at) AS since
FROM (SELECT created_at FROM {records}
      WHERE entity_id = %(entity_id)s AND created_at > %(after)s
      ORDER BY created_at
      LIMIT %(maximum)s) AS first;
