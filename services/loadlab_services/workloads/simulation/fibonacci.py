"""The work on the CPU. Imports nothing: the processes of the process pool load it on their own."""


def fibonacci(n: int) -> int:
    """Compute the n-th number naively: the time is the point, and it grows 1.6-fold with each n."""
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
