"""What both queues agree on, the Redis stream and RabbitMQ: errors, retries, what is counted."""
