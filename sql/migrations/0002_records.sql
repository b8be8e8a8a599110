-- Records, partitioned by UTC day of created_at. There is no unique key on purpose: equal timestamps are legitimate.
-- There is no default partition either: it would keep days from being detached and attached freely.
-- The one index of each table holds everything that charts and checks read: the rows of one profile lie together in it,
-- while in the table they lie among those of all others.

CREATE TABLE spc_record (
    entity_id integer NOT NULL,
    feature_id integer NOT NULL,
    created_at timestamptz NOT NULL,
    value double precision NOT NULL
) PARTITION BY RANGE (created_at);

CREATE INDEX spc_record_entity_time ON spc_record (entity_id, created_at) INCLUDE (feature_id, value);

CREATE TABLE psi_record (
    entity_id integer NOT NULL,
    feature_id integer NOT NULL,
    created_at timestamptz NOT NULL,
    bin_id integer NOT NULL,
    bin_count bigint NOT NULL
) PARTITION BY RANGE (created_at);

CREATE INDEX psi_record_entity_time ON psi_record (entity_id, created_at) INCLUDE (feature_id, bin_id, bin_count);

CREATE TABLE custom_record (
    entity_id integer NOT NULL,
    feature_id integer NOT NULL,
    created_at timestamptz NOT NULL,
    value double precision NOT NULL
) PARTITION BY RANGE (created_at);

CREATE INDEX custom_record_entity_time ON custom_record (entity_id, created_at) INCLUDE (feature_id, value);

CREATE TABLE observability_record (
    entity_id integer NOT NULL,
    created_at timestamptz NOT NULL,
    request_count bigint NOT NULL,
    error_count bigint NOT NULL,
    route_metrics jsonb NOT NULL
) PARTITION BY RANGE (created_at);

CREATE INDEX observability_record_entity_time ON observability_record (entity_id, created_at);

-- One row for every stored batch, written in the batch's own transaction: a batch whose commit was cut off is sent
-- again under the same id, and a conflict here says that it had been stored. Deleted by age.
CREATE TABLE batch_receipt (
    id uuid PRIMARY KEY,
    stored_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX batch_receipt_age ON batch_receipt (stored_at);
