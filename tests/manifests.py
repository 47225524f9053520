"""The shape that tests read documents in: manifests, objects of the API server, answers."""

from typing import Any

# Any at the edge: what a document holds is what the tests find out.
Json = dict[str, Any]
