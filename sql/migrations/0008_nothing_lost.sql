-- Nothing is lost: what cannot be stored is kept, what was sent twice is known, and every message is counted.

-- Which database this is. Messages that wait on the disk of a server belong to one database and to no other.
CREATE TABLE installation (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    id uuid NOT NULL DEFAULT gen_random_uuid()
);

INSERT INTO installation DEFAULT VALUES;

-- Messages that cannot be stored, as they arrived.
CREATE TABLE quarantine (
    id uuid PRIMARY KEY,
    received_at timestamptz NOT NULL,
    quarantined_at timestamptz NOT NULL DEFAULT now(),
    transport text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    username text NOT NULL,
    idempotency_key text,
    size integer NOT NULL,
    -- How often a replay was tried in vain.
    replays integer NOT NULL DEFAULT 0,
    raw bytea NOT NULL
);

CREATE INDEX quarantine_reason ON quarantine (reason, id) INCLUDE (size, transport);
CREATE INDEX quarantine_age ON quarantine (quarantined_at) INCLUDE (size);

-- What became of messages. A row belongs to one thread of one server, so that commits do not queue for it; who wants
-- to know adds the rows up. received = stored + duplicate + quarantined + refused + empty, beside what is spooled.
CREATE TABLE ledger (
    instance uuid NOT NULL,
    lane text NOT NULL,
    transport text NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    stored bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    empty bigint NOT NULL DEFAULT 0,
    records_stored bigint NOT NULL DEFAULT 0,
    records_skipped bigint NOT NULL DEFAULT 0,
    -- Of the quarantined ones, those that an admin deleted and those that gave way to its limits.
    deleted bigint NOT NULL DEFAULT 0,
    expired bigint NOT NULL DEFAULT 0,
    -- What waited in the spool of that name when its server last said so.
    spooled bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (instance, lane, transport)
) WITH (fillfactor = 50);

-- How far each spool is drained: moved in the transaction that stores what was drained.
CREATE TABLE spool (
    id uuid PRIMARY KEY,
    next bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 50);

-- Messages that were sent under a key, so that sending them again stores nothing. Deleted by age.
CREATE TABLE idempotency_key (
    username text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    stored integer NOT NULL,
    skipped json NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (username, key)
);

CREATE INDEX idempotency_key_age ON idempotency_key (stored_at);
