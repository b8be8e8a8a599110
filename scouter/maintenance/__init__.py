"""What keeps the database in order, on a schedule and beside everything else.

Begin with `scheduler.py` (the thread) and `run.py` (one pass); `tasks.py` lists what is done. `archiving.py` makes the
passes of `archive/`, `quarantine_limits.py` keeps quarantine within its bounds. `clock_watch.py` notices clocks that
are wrong, `future_times.py` sets back what they have left.
"""
