"""How parts of a server live.

Begin with `part.py`, the contract. `worker_thread.py` is the one kind of thread, `polling_thread.py` one that looks at
intervals. `supervisor.py` starts parts and stops them stage by stage; `health.py` is what /livez and /readyz ask,
`metrics_collector.py` what /metrics asks. `progress.py` speaks of what takes its time, in the words of `how_far.py`.
`large_allocations.py` is about memory that nobody needs any more, `hourly_counts.py` keeps the log from filling with
what comes by thousands, `private_files.py` makes files that nobody else may read.
"""
