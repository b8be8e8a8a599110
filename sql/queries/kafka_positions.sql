-- name: kafka_positions
-- Parallel lists of topics and partitions.
SELECT kept.topic, kept.partition, kept.next, kept.topic_id, kept.former, kept.leader_epoch
FROM kafka_position AS kept
JOIN unnest(%(topics)s::text[], %(partitions)s::integer[]) AS wanted (topic, partition) USING (topic, partition)
WHERE kept.consumer_group = %(group)s;

-- name: begun_kafka_topics
SELECT DISTINCT topic FROM kafka_position WHERE consumer_group = %(group)s AND topic = ANY(%(topics)s);

-- name: begin_kafka_positions
INSERT INTO kafka_position (consumer_group, topic, partition, next, topic_id)
SELECT %(group)s::text, begun.*
FROM unnest(%(topics)s::text[], %(partitions)s::integer[], %(next)s::bigint[], %(topic_ids)s::uuid[]) AS begun
ON CONFLICT DO NOTHING;

-- name: name_kafka_topics
-- Positions that were written without the id of their topic are taken for those of the present one.
UPDATE kafka_position AS kept SET topic_id = named.topic_id
FROM unnest(%(topics)s::text[], %(partitions)s::integer[], %(topic_ids)s::uuid[]) AS named (topic, partition, topic_id)
WHERE kept.consumer_group = %(group)s AND kept.topic = named.topic AND kept.partition = named.partition
  AND kept.topic_id IS NULL;

-- name: begin_kafka_positions_anew
-- In topics that have taken the place of former ones; whoever comes second changes nothing.
UPDATE kafka_position AS kept
SET next = begun.next, topic_id = begun.topic_id, former = kept.former || kept.topic_id, leader_epoch = NULL
FROM unnest(%(topics)s::text[], %(partitions)s::integer[], %(next)s::bigint[], %(topic_ids)s::uuid[])
    AS begun (topic, partition, next, topic_id)
WHERE kept.consumer_group = %(group)s AND kept.topic = begun.topic AND kept.partition = begun.partition
  AND kept.topic_id <> begun.topic_id AND begun.topic_id <> ALL (kept.former);

-- name: move_kafka_positions
-- Fewer rows than there are partitions: somebody else has moved one, or the topic is another one by now. In order, so
-- that two consumers that believe they have the same partitions do not wait for each other in a circle.
WITH moved AS (
    SELECT * FROM unnest(
        %(topics)s::text[], %(partitions)s::integer[], %(topic_ids)s::uuid[], %(expected)s::bigint[],
        %(next)s::bigint[], %(leader_epochs)s::integer[]
    ) AS move (topic, partition, topic_id, expected, next, leader_epoch)
), locked AS (
    SELECT kept.topic, kept.partition FROM kafka_position AS kept JOIN moved USING (topic, partition)
    WHERE kept.consumer_group = %(group)s AND kept.next = moved.expected
      AND coalesce(kept.topic_id = moved.topic_id, true)
    ORDER BY kept.topic, kept.partition FOR UPDATE OF kept
)
UPDATE kafka_position AS kept SET next = moved.next, leader_epoch = moved.leader_epoch
FROM moved JOIN locked USING (topic, partition)
WHERE kept.consumer_group = %(group)s AND kept.topic = moved.topic AND kept.partition = moved.partition
  AND kept.next = moved.expected;
