-- What the pages show: where every profile stands without reading its runs, who acknowledged an alert, sessions that
-- were ended.

ALTER TABLE profile
    -- The check of its newest window: written with it, and by maintenance where a server of before made it. The run may
    -- have expired.
    ADD COLUMN last_run_id bigint,
    ADD COLUMN last_outcome text,
    -- What the checks say of it while it is active, and the end of the window since which they do. Null: none yet.
    ADD COLUMN state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'ok', 'no_data', 'alert', 'failed')),
    ADD COLUMN state_since timestamptz,
    -- Of the newest three windows, those without records, as far back as one with records.
    ADD COLUMN empty_runs integer NOT NULL DEFAULT 0,
    -- The end of the newest window that held records.
    ADD COLUMN data_until timestamptz,
    -- Of the last check: features or metrics that were checked, those of them that alerted, and the one that is furthest
    -- from its training, in times its limit. No distance: without a unit, or beyond any number.
    ADD COLUMN checked integer NOT NULL DEFAULT 0,
    ADD COLUMN outside integer NOT NULL DEFAULT 0,
    ADD COLUMN furthest_name text,
    ADD COLUMN furthest_distance double precision,
    ADD COLUMN furthest_beyond boolean NOT NULL DEFAULT false,
    -- What alerted in the last check that saw records.
    ADD COLUMN alerting text[] NOT NULL DEFAULT '{}',
    ADD COLUMN deactivated_at timestamptz;

-- By whom a check was asked for. Null: it was due, or records came late.
ALTER TABLE check_run ADD COLUMN asked_by text;

-- Of those that were ended before, nobody knows who and when.
ALTER TABLE alert
    ADD COLUMN acknowledged_by text,
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN note text;

-- Only people end alerts: what is open is counted by profile and feature, from the index alone.
CREATE INDEX alert_open ON alert (entity_id, entity_name, id) INCLUDE (created_at) WHERE active;
CREATE INDEX alert_acknowledged ON alert (acknowledged_at) WHERE acknowledged_at IS NOT NULL;

-- Sessions of the pages that somebody signed out of, until they would have ended anyway.
CREATE TABLE ended_session (
    jti text PRIMARY KEY,
    until timestamptz NOT NULL
);

CREATE INDEX ended_session_age ON ended_session (until);
