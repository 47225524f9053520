"""items: a small REST service as in production: SQLAlchemy on asyncpg, Alembic, a cache."""
