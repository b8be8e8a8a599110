-- name: kafka_positions
-- Parallel lists of topics and partitions.
SELECT kept.topic, kept.partition, kept.next
FROM kafka_position AS kept
JOIN unnest(%(topics)s::text[], %(partitions)s::integer[]) AS wanted (topic, partition) USING (topic, partition)
WHERE kept.consumer_group = %(group)s;

-- name: begun_kafka_topics
SELECT DISTINCT topic FROM kafka_position WHERE consumer_group = %(group)s AND topic = ANY(%(topics)s);

-- name: begin_kafka_positions
INSERT INTO kafka_position (consumer_group, topic, partition, next)
SELECT %(group)s::text, begun.* FROM unnest(%(topics)s::text[], %(partitions)s::integer[], %(next)s::bigint[]) AS begun
ON CONFLICT DO NOTHING;

-- name: move_kafka_positions
-- Fewer rows than there are partitions: somebody else has moved one. In order, so that two consumers that believe they
-- have the same partitions do not wait for each other in a circle.
WITH moved AS (
    SELECT * FROM unnest(%(topics)s::text[], %(partitions)s::integer[], %(expected)s::bigint[], %(next)s::bigint[])
        AS move (topic, partition, expected, next)
), locked AS (
    SELECT kept.topic, kept.partition FROM kafka_position AS kept JOIN moved USING (topic, partition)
    WHERE kept.consumer_group = %(group)s AND kept.next = moved.expected
    ORDER BY kept.topic, kept.partition FOR UPDATE OF kept
)
UPDATE kafka_position AS kept SET next = moved.next
FROM moved JOIN locked USING (topic, partition)
WHERE kept.consumer_group = %(group)s AND kept.topic = moved.topic AND kept.partition = moved.partition
  AND kept.next = moved.expected;
