-- What people say of how much a profile was trained on: the second opinion on its alerts needs it.

CREATE TABLE profile_judgement (
    entity_id integer PRIMARY KEY REFERENCES profile (entity_id) ON DELETE CASCADE,
    -- Rows of the whole training table. Null: nobody said so.
    training_rows bigint CHECK (training_rows > 0),
    -- Rows by feature, where they are others: {"age": 9931}.
    features json NOT NULL DEFAULT '{}',
    updated_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
