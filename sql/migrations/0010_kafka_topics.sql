-- What a position in Kafka belongs to.
ALTER TABLE kafka_position
    -- Which topic of that name: one that is deleted and made anew has another id, and offsets of its own. Null: written
    -- by a server that did not know, or the broker gives no ids (before Kafka 2.8).
    ADD COLUMN topic_id uuid,
    -- Ids of topics of that name that are gone. A broker that still names one of these is behind.
    ADD COLUMN former uuid[] NOT NULL DEFAULT '{}',
    -- Of the broker that led the partition when the last message was written that is stored. It tells whether the log
    -- was cut short since, behind what was read. Null: not known.
    ADD COLUMN leader_epoch integer;
