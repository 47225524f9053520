"""As `queued-quiet`, with the body as the plain dict that it was parsed to, instead of a model."""

from loadlab_services.workloads.ingest import queued_steps
from loadlab_services.workloads.ingest.exchange import build_router
from loadlab_services.workloads.ingest.statements import latest_from_pool

resources = queued_steps.resources
router = build_router(queued_steps.accept, latest_from_pool, status_code=202)
