"""What Alembic runs around the revisions: on the connection that `migrate` has opened."""

from alembic import context

from loadlab_services.workloads.items.migrate import VERSION_TABLE
from loadlab_services.workloads.items.table import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
