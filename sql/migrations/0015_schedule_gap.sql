-- The shortest time between two instants of the profile's schedule. No check waits longer than that for the last records
-- of its window. Null: as before, until the profile is registered again or checked.
ALTER TABLE profile ADD COLUMN schedule_gap interval;

-- The same, where those who store records look anyway: what they store is late sooner.
ALTER TABLE entity ADD COLUMN check_gap interval;
