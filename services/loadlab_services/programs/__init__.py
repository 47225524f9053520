"""What a container runs: the service under test, and the worker of either queue."""
