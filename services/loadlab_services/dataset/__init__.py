"""The Job that fills Postgres: the same rows for the same seed and scale, wherever loaded."""
