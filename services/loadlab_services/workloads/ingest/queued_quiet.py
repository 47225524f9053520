"""As `queued-copy`, with nothing logged: neither the server's access log nor a line per message."""

from loadlab_services.workloads.ingest import queued_steps
from loadlab_services.workloads.ingest.exchange import build_router
from loadlab_services.workloads.ingest.payload import read_message
from loadlab_services.workloads.ingest.statements import latest_from_pool

resources = queued_steps.resources
router = build_router(queued_steps.accept, latest_from_pool, status_code=202, read=read_message)
