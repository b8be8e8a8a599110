"""Messages from RabbitMQ. Imported only when it is configured: the library costs time and memory."""
