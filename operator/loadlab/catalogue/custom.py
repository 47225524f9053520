"""custom: services of the user's own; every variant is an image."""

from loadlab.catalogue.facts import Workload

NAME = "custom"
WORKLOAD = Workload(
    name=NAME,
    summary=(
        "services of your own, asked what load.request or load.script says; no store is deployed "
        "for them."
    ),
    has_postgres=False,
)
