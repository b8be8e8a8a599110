-- How far messages of brokers are stored, written in the transaction that stores them.

CREATE TABLE kafka_position (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    -- The offset of the first message that is not stored.
    next bigint NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 50);

-- Messages from RabbitMQ that are stored, and of which it is not certain that the broker knows. A session is one
-- connection of one consumer; what a lost session leaves here says which redelivered messages are stored already.
CREATE TABLE rabbitmq_delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session uuid NOT NULL,
    number bigint NOT NULL,
    digest bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX rabbitmq_delivery_digest ON rabbitmq_delivery (digest);
CREATE UNIQUE INDEX rabbitmq_delivery_session ON rabbitmq_delivery (session, number);
