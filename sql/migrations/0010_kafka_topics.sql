-- Which topic of that name a position belongs to. A topic that is deleted and made anew has another id, and offsets of
-- its own. Null: written by a server that did not know, or the broker gives no ids (before Kafka 2.8).
ALTER TABLE kafka_position
    ADD COLUMN topic_id uuid,
    -- Ids of topics of that name that are gone. A broker that still names one of these is behind.
    ADD COLUMN former uuid[] NOT NULL DEFAULT '{}';
