-- What the database's clock has shown, so that one that was wrong for a while deletes nothing, and is noticed afterwards.
-- The first who reads it makes the row.
CREATE TABLE clock (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    -- The last reading.
    seen_at timestamptz NOT NULL,
    -- Since when one reading follows the other as time does.
    steady_since timestamptz NOT NULL,
    -- What goes because of its age is judged by this moment.
    settled_at timestamptz NOT NULL,
    -- It was ahead, by so much, and times of then may be stored that somebody has to set back. Null: none.
    was_ahead_by interval
);

-- Made when the clock was ahead, of windows that were not over and that are checked again.
ALTER TABLE check_run ADD COLUMN set_back boolean NOT NULL DEFAULT false;
