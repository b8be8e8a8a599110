"""From waiting senders to transactions.

`gateway.py` takes a message and validates it, `write_queue.py` holds it, `writer.py` stores many together, in Postgres
or in the spool, and tells each sender.
"""
