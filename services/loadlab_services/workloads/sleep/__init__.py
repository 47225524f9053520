"""sleep: a request that waits, without a database."""
