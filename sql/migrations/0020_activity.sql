-- Which hours a profile can have been silent in: those throughout which every way in could take what was sent.

-- What the servers say of themselves, every minute: a row for each way in.
CREATE TABLE receiver (
    instance uuid NOT NULL,
    transport text NOT NULL,
    is_up boolean NOT NULL,
    -- What it has taken, or could take, is not stored yet: it waits in a spool or with the broker.
    is_behind boolean NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (instance, transport)
);

-- One row. `began_at`: before that nobody looked.
CREATE TABLE reception (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    began_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    -- Null: not all of them can now.
    without_gap_since timestamptz,
    hours bit varying(672) NOT NULL,
    hours_from timestamptz NOT NULL
);

INSERT INTO reception (began_at, looked_at, hours, hours_from)
VALUES (now(), now(), B'', date_trunc('hour', now()) - interval '671 hours');

-- Of profiles from before nobody knows in which hours they send, but that they did.
INSERT INTO profile_activity (entity_id, moved_at, first_at, hours, hours_from)
SELECT entity_id, least(data_until, now()), now(), B'', date_trunc('hour', now()) - interval '671 hours'
FROM profile
WHERE data_until IS NOT NULL
ON CONFLICT DO NOTHING;
