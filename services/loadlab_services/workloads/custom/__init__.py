"""custom: an image of the user's own. Nothing of it is in this one, and nothing is prepared."""

from typing import Final

from loadlab_services.workload import Workload

WORKLOAD: Final = Workload(name="custom")
