"""Real brokers for tests: Kafka and RabbitMQ as processes of our own, on loopback, with nothing shared."""
