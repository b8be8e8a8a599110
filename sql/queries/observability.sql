-- name: observability_bins
-- Partial sums by route and time bin: for every percentile the sum of value times requests, and of the requests that
-- weigh in it. Sums that pass 64 bits stop there: a reply has no wider integers.
WITH route AS (
    SELECT part ->> 'route_name' AS route_name,
           date_bin(%(width)s, created_at, '1970-01-01 00:00:00+00') AS bin,
           (part ->> 'request_count')::numeric AS request_count,
           (part ->> 'error_count')::numeric AS error_count,
           (part ->> 'error_latency')::numeric AS error_latency,
           (part -> 'metrics' ->> 'p5')::numeric AS p5,
           (part -> 'metrics' ->> 'p25')::numeric AS p25,
           (part -> 'metrics' ->> 'p50')::numeric AS p50,
           (part -> 'metrics' ->> 'p95')::numeric AS p95,
           (part -> 'metrics' ->> 'p99')::numeric AS p99,
           part -> 'status_codes' AS status_codes
    FROM observability_record, jsonb_array_elements(route_metrics) AS part
    WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
      AND (%(routes)s::text[] IS NULL OR part ->> 'route_name' = ANY (%(routes)s))
), sums AS (
    SELECT route_name, bin,
           least(sum(request_count), 9223372036854775807)::bigint AS request_count,
           least(sum(error_count), 9223372036854775807)::bigint AS error_count,
           sum(error_latency) AS error_latency_sum,
           count(error_latency) AS error_latency_count,
           ARRAY[sum(p5 * request_count), sum(p25 * request_count), sum(p50 * request_count),
                 sum(p95 * request_count), sum(p99 * request_count)] AS percentile_sums,
           ARRAY[sum(request_count) FILTER (WHERE p5 IS NOT NULL), sum(request_count) FILTER (WHERE p25 IS NOT NULL),
                 sum(request_count) FILTER (WHERE p50 IS NOT NULL), sum(request_count) FILTER (WHERE p95 IS NOT NULL),
                 sum(request_count) FILTER (WHERE p99 IS NOT NULL)] AS percentile_weights
    FROM route GROUP BY route_name, bin
), code AS (
    SELECT route_name, bin, status, least(sum(count::numeric), 9223372036854775807)::bigint AS count
    FROM route, jsonb_each_text(status_codes) AS counted (status, count)
    GROUP BY route_name, bin, status
), codes AS (
    SELECT route_name, bin, jsonb_object_agg(status, count) AS status_counts FROM code GROUP BY route_name, bin
)
SELECT sums.*, coalesce(codes.status_counts, '{}') AS status_counts
FROM sums LEFT JOIN codes USING (route_name, bin)
ORDER BY route_name, bin DESC;

-- name: busiest_routes
-- Sums that pass 64 bits stop there.
WITH route AS (
    SELECT part ->> 'route_name' AS route_name, sum((part ->> 'request_count')::numeric) AS requests,
           sum((part ->> 'error_count')::numeric) AS errors
    FROM observability_record, jsonb_array_elements(route_metrics) AS part
    WHERE entity_id = %(entity_id)s AND created_at >= %(start)s AND created_at < %(end)s
    GROUP BY part ->> 'route_name'
)
SELECT route_name,
       least(requests, 9223372036854775807)::bigint AS request_count,
       least(errors, 9223372036854775807)::bigint AS error_count,
       count(*) OVER () AS routes,
       least(sum(requests) OVER (), 9223372036854775807)::bigint AS requests_of_all,
       least(sum(errors) OVER (), 9223372036854775807)::bigint AS errors_of_all
FROM route
ORDER BY requests DESC, route_name
OFFSET %(skipped)s LIMIT %(maximum)s;
