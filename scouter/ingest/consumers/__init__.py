"""Messages from brokers: one thread a consumer, exactly once into Postgres.

Begin with `batch_consumer.py`, which all share: validate, store under a claim, wait for Postgres. `status.py` is how a
consumer is. `kafka/worker.py` and `rabbitmq/worker.py` are the two; what a claim is, each says at its top.
"""
