"""What a message is on its way in, in order.

`inbound.py`: as it arrived. `results.py`: as it was validated (accepted, rejected, duplicate). `pending.py`: while its
sender waits. `batch.py`: in a transaction with others. `outcomes.py`: what became of it, and how outcomes add up.
"""
