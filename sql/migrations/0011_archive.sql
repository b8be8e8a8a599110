-- Which days of records have left the tables for files, or are about to. A part is what was taken of a day at one time:
-- records that come for an archived day are a further part.

CREATE TABLE archive_part (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('spc', 'psi', 'custom')),
    day date NOT NULL,
    part integer NOT NULL,
    -- frozen: in a table of its own that nobody writes to. archived: in a file. expired: the file is going, or gone.
    state text NOT NULL DEFAULT 'frozen' CHECK (state IN ('frozen', 'archived', 'expired')),
    frozen_table text NOT NULL,
    frozen_at timestamptz NOT NULL DEFAULT now(),
    -- Of the file, relative to the store's root. Null before there is one, and after it was deleted.
    path text,
    rows bigint,
    bytes bigint,
    first_created_at timestamptz,
    last_created_at timestamptz,
    archived_at timestamptz,
    expired_at timestamptz,
    UNIQUE (kind, day, part)
);

-- Charts ask for those that are not in files.
CREATE INDEX archive_part_frozen ON archive_part (kind, day) WHERE state = 'frozen';

-- Which profiles a part has records of: no other file has to be opened for a chart. Profiles that are deleted vanish
-- from here, and with that from charts.
CREATE TABLE archive_content (
    part_id bigint NOT NULL REFERENCES archive_part (id) ON DELETE CASCADE,
    entity_id integer NOT NULL REFERENCES entity (id) ON DELETE CASCADE,
    rows bigint NOT NULL,
    first_created_at timestamptz NOT NULL,
    last_created_at timestamptz NOT NULL,
    PRIMARY KEY (entity_id, part_id)
);

CREATE INDEX archive_content_part ON archive_content (part_id);
