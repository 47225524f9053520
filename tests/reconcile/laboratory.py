"""Runs experiments on a fake cluster, pass by pass, on a clock that only we move."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import structlog

from loadlab.base.names import API_VERSION, RUN_LABEL, children_name, credentials_secret
from loadlab.base.times import rfc3339
from loadlab.controller.plans import Plans
from loadlab.controller.reconcile import Reconciler
from loadlab.kube.api import Kind, Manifest, kind_of
from loadlab.kube.hints import NO_HINTS, Hints
from loadlab.model.resources import Experiment
from loadlab.plan import Images, Plan
from loadlab.plan.chosen import choose
from tests.reconcile.fake_cluster import Crash, FakeCluster
from tests.reconcile.fake_kubernetes import Key
from tests.reconcile.generator_log import generator_log

IMAGES = Images(
    services="services:1", k6="k6:1", postgres="postgres:15", redis="redis:7", rabbitmq="rabbitmq:3"
)
structlog.configure(  # as in the operator: a traceback for a terminal takes seconds to draw
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)
START = 1_800_000_000.0
CHILD = children_name("exp", "uid-exp")  # what the names of the experiment's children begin with
SECRET = credentials_secret("exp", "uid-exp")
SMALL: Manifest = {
    "workload": "select",
    "variants": [{"name": "sync"}, {"name": "async"}],
    "factors": {"workers": [1], "virtualUsers": [10]},
    "replicates": 2,
    "load": {"duration": "5s", "warmup": "1s", "settling": "0s"},
    "successCriteria": [{"name": "errors", "metric": "http_req_failed", "threshold": "rate<0.01"}],
}


class SharedPlans(Plans):
    """Plans found by all that they are made of, so that every operator may use them.

    A forgetful operator would spend more than half of its passes on plans, which are the same
    whoever makes them: the goldens of tests/unit/plan say so.
    """

    _found: ClassVar[dict[object, Plan]] = {}

    def plan_of(self, experiment: Experiment, images: Images) -> Plan:
        identity = experiment.metadata.model_dump_json(), experiment.spec.model_dump_json()
        key = (identity, choose(experiment), images)
        if key not in self._found:
            self._found[key] = Plans().plan_of(experiment, images)
        plan = self._found[key]
        return replace(plan, context=replace(plan.context, experiment=experiment))


class Laboratory:
    """A fake cluster with experiments in it, and an operator that may die.

    A forgetful one is started afresh for each pass: nothing is carried over in memory but hints.
    """

    def __init__(
        self,
        log: str | None = None,
        *,
        log_of: Callable[[str], str] = lambda run: generator_log(run=run),
        forgetful: bool = True,
    ) -> None:
        self.cluster = FakeCluster(lambda pod: log or log_of(_run_of(pod)))
        self.now = START
        self.forgetful = forgetful
        self.restart()

    def restart(self) -> None:
        """End the operator, whatever it is doing, and start it again."""
        self.operator = Reconciler(self.cluster, IMAGES, plans=SharedPlans())

    def submit(self, name: str = "exp", **spec: Any) -> None:
        key = (Kind.EXPERIMENT, "lab", name)
        self.cluster.objects[key] = {
            "apiVersion": API_VERSION,
            "kind": "LoadExperiment",
            "metadata": {
                "name": name,
                "namespace": "lab",
                "uid": f"uid-{name}",
                "generation": 1,
                "creationTimestamp": rfc3339(self.now + len(self.cluster.objects)),
            },
            "spec": SMALL | spec,
        }

    async def reconcile(self, name: str = "exp", hints: Hints = NO_HINTS) -> float | None:
        """One pass."""
        if self.forgetful:
            self.restart()
        return await self.operator.reconcile(("lab", name), self.now, hints)

    async def step(self, name: str = "exp") -> None:
        try:
            await self.reconcile(name)
        except Crash:
            self.restart()
        self.cluster.tick()
        self.now += 1

    async def run(self, name: str = "exp", steps: int = 200) -> Manifest:
        """Step until the experiment is finished; return its status."""
        for _ in range(steps):
            await self.step(name)
            if self.is_finished(name):
                return self.status(name)
        raise AssertionError(f"not finished after {steps} steps: {self.status(name)}")

    def place(self, manifest: Manifest) -> Key:
        """Let somebody else create an object; return where it is."""
        metadata = {"namespace": "lab", "uid": f"foreign-{len(self.cluster.objects)}"}
        item = manifest | {"metadata": metadata | manifest["metadata"]}
        key = (kind_of(item), "lab", item["metadata"]["name"])
        assert key not in self.cluster.objects
        self.cluster.objects[key] = item
        return key

    def experiment(self, name: str = "exp") -> Manifest:
        return self.cluster.objects[Kind.EXPERIMENT, "lab", name]

    def status(self, name: str = "exp") -> Manifest:
        return self.experiment(name).get("status") or {}

    def condition(self, type_: str, name: str = "exp") -> Manifest:
        conditions = self.status(name).get("conditions") or []
        return next((c for c in conditions if c["type"] == type_), {})

    def is_finished(self, name: str = "exp") -> bool:
        return self.condition("Finished", name).get("status") == "True"

    def trials(self) -> dict[str, Manifest]:
        return self.cluster.of_kind(Kind.TRIAL)

    def leftovers(self) -> set[str]:
        """Everything that does not stay as long as the experiment: trials, policies, the Secret."""
        kept = {Kind.EXPERIMENT, Kind.TRIAL, Kind.SECRET, Kind.NETWORK_POLICY}
        return {f"{kind.name} {name}" for kind, _, name in self.cluster.objects if kind not in kept}


def _run_of(pod: Manifest) -> str:
    return str(pod["metadata"]["labels"][RUN_LABEL])
