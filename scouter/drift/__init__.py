"""Pure mathematics: schedules, time bins, SPC, PSI and custom metrics. Values in, values out, no I/O.

A check: `spc_check.py`, `psi_check.py`, `custom_check.py`, each over the formulas of `spc.py`, `psi.py` and
`custom.py`. Past checks: `check_windows.py`, `replayed_features.py`, `replayed_checks.py`. A chart:
`windows.py` (its bins) and `charts.py` (its series). `schedules.py` reads cron, `acceptance.py` says which profiles can
be checked at all, `descriptions.py` words an alert.
"""
