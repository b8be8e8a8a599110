"""Messages from brokers: one thread a consumer, exactly once into Postgres.

Begin with `batch_consumer.py`, which all share: validate, store under a claim, wait for Postgres. `consumer_thread.py`
connects again, `status.py` is how a consumer is. `kafka/worker.py` and `rabbitmq/worker.py` are the two; each says at
its top what a claim is.
"""
