"""custom: services of the user's own; every variant is an image."""

from loadlab.catalogue.facts import Workload

WORKLOAD = Workload(
    name="custom",
    summary=("services of your own, asked what load.request says; no store is deployed for them."),
    has_postgres=False,
)
