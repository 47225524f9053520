"""An API server in which an experiment on `wells` waits for its analysis, and nothing else is.

It hands out what is stored as a real one does, lists page by page, and takes the status.
"""

import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from loadlab.base.names import API_VERSION
from loadlab.plan import Plan
from tests.reconcile.fake_cluster import merged
from tests.unit.analysis.wells_trials import plan_of, stored_texts

TRIALS = "/loadtrials"


class StoredExperiment:
    """The objects as the texts that are sent."""

    def __init__(self, trials: int) -> None:
        plan = plan_of(trials)
        experiment = plan.context.experiment
        self.experiment: dict[str, Any] = {
            "apiVersion": API_VERSION,
            "kind": "LoadExperiment",
            **experiment.model_dump(mode="json", by_alias=True, exclude_none=True),
            "status": {"phase": "Analyzing", "startTime": "2027-01-15T08:00:00Z"},
        }
        self._trials = dict(_finished(plan))

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        if request.method == "PATCH":
            self.experiment = merged(self.experiment, await request.json())
            return web.json_response({})
        if request.method == "POST":
            return web.json_response({}, status=201)
        text = self._text(request)
        if text is None:
            return web.json_response({"kind": "Status", "code": 404}, status=404)
        return web.Response(text=text, content_type="application/json")

    def _text(self, request: web.Request) -> str | None:
        place, _, name = request.path.rpartition("/")
        if place.endswith("/loadexperiments"):
            return json.dumps(self.experiment)
        if place.endswith(TRIALS):
            return self._trials.get(name)
        if request.path.endswith(TRIALS):
            start, limit = int(request.query.get("continue", 0)), int(request.query["limit"])
            texts = list(self._trials.values())
            after = start + limit
            rest = str(after) if after < len(texts) else ""
            return (
                f'{{"metadata":{{"continue":"{rest}"}},"items":[{",".join(texts[start:after])}]}}'
            )
        return json.dumps({"gitVersion": "v1.34.4", "metadata": {}, "items": []})


def _finished(plan: Plan) -> Iterator[tuple[str, str]]:
    measurements = stored_texts(3)
    for place, planned in enumerate(plan.trials):
        body = json.dumps(plan.trial_manifest(planned))[:-1]
        measurement = measurements[place % len(measurements)]
        yield planned.name, f'{body},"status":{{"phase":"Succeeded","measurement":{measurement}}}}}'
