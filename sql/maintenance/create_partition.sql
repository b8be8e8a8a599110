-- Makes one daily partition of one table. CREATE ... PARTITION OF would wait for every open writer of the parent;
-- a table of its own that is attached afterwards does not. {parent}, {partition} are identifiers, {day}, {next_day} dates.
-- Both in one transaction: a maker that is killed in between leaves no table behind.
CREATE TABLE IF NOT EXISTS {partition} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
ALTER TABLE {parent} ATTACH PARTITION {partition} FOR VALUES FROM ({day}) TO ({next_day});
