-- Tags: key and value on anything that has a type and an id. One key may have several values.

CREATE TABLE tag (
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    -- SHA-256 of the value, in its place in the keys: an index entry has room for a third of a page.
    value_digest bytea NOT NULL,
    -- The profile whose uid entity_id is, if it is one. It decides who may see the tag, and takes the tag with it.
    profile_entity_id integer REFERENCES entity (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (entity_type, entity_id, key, value_digest)
);

CREATE INDEX tag_search ON tag (entity_type, key, value_digest);
CREATE INDEX tag_profile ON tag (profile_entity_id) WHERE profile_entity_id IS NOT NULL;
