-- name: add_to_ledger
-- One row for each transport, as parallel lists.
INSERT INTO ledger AS kept (instance, lane, transport, received, stored, duplicate, quarantined, refused, empty,
                            records_stored, records_skipped, deleted, expired)
SELECT %(instance)s::uuid, %(lane)s::text, change.*
FROM unnest(%(transport)s::text[], %(received)s::bigint[], %(stored)s::bigint[], %(duplicate)s::bigint[],
            %(quarantined)s::bigint[], %(refused)s::bigint[], %(empty)s::bigint[], %(records_stored)s::bigint[],
            %(records_skipped)s::bigint[], %(deleted)s::bigint[], %(expired)s::bigint[]) AS change
ON CONFLICT (instance, lane, transport) DO UPDATE SET
    received = kept.received + excluded.received,
    stored = kept.stored + excluded.stored,
    duplicate = kept.duplicate + excluded.duplicate,
    quarantined = kept.quarantined + excluded.quarantined,
    refused = kept.refused + excluded.refused,
    empty = kept.empty + excluded.empty,
    records_stored = kept.records_stored + excluded.records_stored,
    records_skipped = kept.records_skipped + excluded.records_skipped,
    deleted = kept.deleted + excluded.deleted,
    expired = kept.expired + excluded.expired;

-- name: ledger_sums
-- By transport: all rows of one instance, or of all others. What is spooled in files that the asker holds is the
-- asker's to count.
SELECT transport, sum(received)::bigint AS received, sum(stored)::bigint AS stored,
       sum(duplicate)::bigint AS duplicate, sum(quarantined)::bigint AS quarantined, sum(refused)::bigint AS refused,
       sum(empty)::bigint AS empty, sum(records_stored)::bigint AS records_stored,
       sum(records_skipped)::bigint AS records_skipped, sum(deleted)::bigint AS deleted,
       sum(expired)::bigint AS expired,
       coalesce(sum(spooled) FILTER (WHERE NOT instance = ANY (%(held)s::uuid[])), 0)::bigint AS spooled
FROM ledger
WHERE (instance = %(instance)s::uuid) = %(own)s::boolean
GROUP BY transport;

-- name: report_spooled
INSERT INTO ledger (instance, lane, transport, spooled)
SELECT %(instance)s::uuid, 'spool', report.transport, report.spooled
FROM unnest(%(transport)s::text[], %(spooled)s::bigint[]) AS report (transport, spooled)
ON CONFLICT (instance, lane, transport) DO UPDATE SET spooled = excluded.spooled;
