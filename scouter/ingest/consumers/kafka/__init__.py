"""Messages from Kafka. Imported only when it is configured: the library costs time and memory.

Begin with `worker.py`. `client.py` is the library as we use it, `start_offsets.py` says where a partition is begun,
`lag.py` how far behind a consumer is, `unreadable.py` what becomes of partitions whose messages cannot be taken apart.
"""
