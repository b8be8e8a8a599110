"""What became of every message, by transport: received = stored + duplicate + quarantined + refused + empty + spooled.

`ledger.py` is this process' own, in memory; `fleet_ledger.py` that of all servers; `ledger_metrics.py` shows it.
"""
