"""Pure mathematics: schedules, time bins, SPC, PSI and custom metrics. Values in, values out, no I/O."""
