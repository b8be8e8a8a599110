"""How parts of a server live.

Begin with `part.py`, the contract. `worker_thread.py` is the one kind of thread, `polling_thread.py` one that looks at
intervals. `supervisor.py` starts parts and stops them stage by stage; `health.py` is what /livez and /readyz ask,
`metrics_collector.py` what /metrics asks.
"""
