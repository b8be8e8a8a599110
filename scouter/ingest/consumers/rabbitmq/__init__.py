"""Messages from RabbitMQ. Imported only when it is configured: the library costs time and memory.

Begin with `worker.py`; `client.py` is the library as we use it.
"""
