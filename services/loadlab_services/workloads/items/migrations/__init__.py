"""Alembic's scripts for the schema of `items`."""
