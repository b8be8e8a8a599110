-- Names that count against the limit, and profiles that have never been active.

-- When a record of that name was last stored, by the day. A name that the profile does not name and that nobody uses any
-- more gives way to others.
ALTER TABLE feature ADD COLUMN used_on date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date;

-- Null: never yet. The first window of such a profile begins at its registration.
ALTER TABLE profile ADD COLUMN activated_at timestamptz;

-- Activation used to move the last run; without one it is the registration's.
UPDATE profile SET activated_at = now()
WHERE active
   OR previous_run > created_at + interval '1 minute'
   OR EXISTS (SELECT FROM check_run WHERE check_run.entity_id = profile.entity_id);
