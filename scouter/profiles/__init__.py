"""Profiles: found, registered, replaced, switched and deleted, each change in one transaction of the caller's.

Read `lookup` first: who may have which profile is decided there and nowhere else. Then `registration`, the way in;
`document` is what it judges and stores, `next_run` when it is checked. `replacement`, `status` and `deletion` are what
may happen to a profile afterwards. `judgement` says how its alerts are judged; what it was trained on is in
`training_rows`, what it gets in `arrivals`. `scouter.api` calls these, the tables are in `scouter.postgres.tables`.
"""
