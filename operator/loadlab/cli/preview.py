"""What an experiment would do, from its file alone, by the operator's own plan. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import yaml
from pydantic import ValidationError

from loadlab.base.models import first_fault
from loadlab.base.names import API_VERSION, COMPONENT_LABEL
from loadlab.base.quantities import amount
from loadlab.cli.errors import CliError
from loadlab.cli.yaml_texts import OneOfEachKey
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.plan import Images, Plan, PlanError, make_plan
from loadlab.plan.planned_trial import PlannedTrial
from loadlab.plan.running_service import host_and_port
from loadlab.progress.admission import criterion_fault, time_fault

# Where the operator's own are not known: a plan names images, and depends on none.
_IMAGES = Images(
    services="services", k6="k6", postgres="postgres", redis="redis", rabbitmq="rabbitmq"
)
BESIDE_LOAD_SECONDS = 4.0  # of a trial: pods that start, and what is collected; see docs/method.md
BEGIN_SECONDS = 3.0  # of an experiment: the steward before, the analysis after
STORES_SECONDS = 10.0  # where there are any: they start, and the data set is loaded
_POD_OWNERS = {"Deployment": "replicas", "StatefulSet": "replicas", "Job": "parallelism"}
_NAMELESS = '"<unicode string>", '  # what PyYAML calls a text by
_KIND = "LoadExperiment"
_NO_UID = "00000000-0000-0000-0000-000000000000"
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the pods of one component ask of a node, together."""

    component: str
    pods: int
    cpus: Decimal
    memory: Decimal  # bytes


@dataclass(frozen=True, slots=True)
class Preview:
    """An experiment that would be accepted."""

    plan: Plan
    document: dict[str, Any]

    @property
    def namespace(self) -> str | None:
        """That of the file; None where it names none."""
        found = self.document["metadata"].get("namespace")
        return str(found) if found else None

    @property
    def name(self) -> str:
        return self.plan.context.name

    @property
    def hosts(self) -> tuple[str, ...]:
        """What the operator's list of hosts must have; which it has nobody knows here."""
        return self.plan.context.images.allowed_hosts

    @property
    def first_block(self) -> tuple[PlannedTrial, ...]:
        """The trials of the first block, in an order: that of another seed is another one."""
        return tuple(trial for trial in self.plan.trials if trial.replicate == 1)

    @property
    def load_seconds(self) -> float:
        """Seconds in which there is load, warm-ups included."""
        before = sum(map(_load_seconds, self.plan.preliminary))
        planned = sum(map(_load_seconds, self.plan.trials))
        traced = sum(map(_load_seconds, self.plan.traced))
        return before + planned * self.plan.most_trials / len(self.plan.trials) + traced

    @property
    def searches(self) -> bool:
        """Whether the number of trials, and so all times, are the most that there may be."""
        return self.plan.context.spec.load.search is not None

    @property
    def most_trials(self) -> int:
        """How many trials there are at most, those outside of the blocks included."""
        return len(self.plan.preliminary) + self.plan.most_trials + len(self.plan.traced)

    @property
    def estimated_seconds(self) -> float:
        """Seconds from the start to the end, if nothing is repeated and nothing waits."""
        beside = BESIDE_LOAD_SECONDS * self.most_trials
        return self.load_seconds + beside + self.preparing_seconds

    @property
    def preparing_seconds(self) -> float:
        """Seconds of the experiment itself: what is made once."""
        return BEGIN_SECONDS + (STORES_SECONDS if self.plan.stores else 0.0)

    @property
    def grows(self) -> str:
        """Why there may be more trials than these; empty where there are not."""
        spec = self.plan.context.spec
        if spec.precision:
            return f"precision may add replicates, {spec.precision.max_replicates} at most"
        return ""

    def asked(self) -> tuple[Asked, ...]:
        """Return what runs at once asks for, each component at its most over all cells."""
        plan = self.plan
        prepared = [*plan.preparation_manifests(), *plan.own_preparation_manifests()]
        most = _asked([*plan.store_manifests(), *prepared])
        for trial in {each.arm.title(): each for each in plan.in_order}.values():
            for component, found in _asked(plan.run_manifests(trial, attempt=1)).items():
                former = most.get(component)
                if former is None or (found.cpus, found.memory) > (former.cpus, former.memory):
                    most[component] = found
        return tuple(most.values())


def read_documents(text: str, file: str = "the text") -> Iterator[Document]:
    """Yield the LoadExperiments of a YAML text; others are somebody else's to judge.

    Raises:
        CliError: it is no YAML.
    """
    return (each for each in _objects(text, file) if each.get("kind") == _KIND)


def named_twice(documents: Iterable[Document]) -> list[str]:
    """Return the names of several, with a given namespace: only the last would be there."""
    keys = [(_metadata(each).get("namespace"), _metadata(each).get("name")) for each in documents]
    counts = Counter("/".join(str(part) for part in key if part) for key in keys)
    return [name for name, count in counts.items() if count > 1]


def others_in(text: str) -> tuple[str, ...]:
    """Return kind and name of all other objects of a YAML text, such as `ConfigMap shop`."""
    others = (each for each in _objects(text) if each.get("kind") != _KIND)
    return tuple(f"{each.get('kind')} {_metadata(each).get('name')}" for each in others)


def _objects(text: str, file: str = "the text") -> list[Document]:
    try:
        found = list(yaml.load_all(text, OneOfEachKey))
    except yaml.YAMLError as error:
        why = " ".join(str(error).replace(_NAMELESS, "").split())
        raise CliError(f"{file}: no YAML: {why}") from error
    return [each for each in found if isinstance(each, dict)]


def _metadata(document: Document) -> dict[str, Any]:
    found = document.get("metadata")
    return found if isinstance(found, dict) else {}


def preview(document: Document) -> Preview:
    """Plan an experiment as the operator does.

    Raises:
        CliError: the operator would refuse it; the text says what it would say.
    """
    metadata = _metadata(document)
    name = metadata.get("name") or "without a name"
    if document.get("apiVersion") != API_VERSION:
        raise CliError(f"{name}: apiVersion is {document.get('apiVersion')}, not {API_VERSION}")
    known = {"namespace": "default", "uid": _NO_UID} | metadata
    try:
        experiment = Experiment.model_validate({**document, "metadata": known, "status": {}})
        found = make_plan(experiment, _images(experiment.spec))
    except ValidationError as error:
        fault = first_fault(error, Experiment) + _others(error.error_count())
        raise CliError(f"{name}: {fault}") from error
    except PlanError as error:
        raise CliError(f"{name}: {error.reason}: {error}") from error
    if fault := criterion_fault(experiment.spec) or time_fault(found):
        raise CliError(f"{name}: {fault}")
    return Preview(found, dict(document))


def _images(spec: LoadExperimentSpec) -> Images:
    """Return images that stand for the operator's, whose list of hosts nobody knows here."""
    urls = (variant.url for variant in spec.variants)
    hosts = dict.fromkeys(host_and_port(url) for url in urls if url)
    return replace(_IMAGES, allowed_hosts=tuple(hosts))


def _others(errors: int) -> str:
    return f" ({errors} errors in all)" if errors > 1 else ""


def _load_seconds(trial: PlannedTrial) -> float:
    return trial.load.applied_seconds


def _asked(manifests: Iterable[Document]) -> dict[str, Asked]:
    """Sum up the requests of the pods that manifests make, by component."""
    found: dict[str, Asked] = {}
    for manifest in manifests:
        if (number := _POD_OWNERS.get(manifest["kind"])) is None:
            continue
        spec = manifest["spec"]
        template, pods = spec["template"], int(spec.get(number, 1))
        component = template["metadata"]["labels"][COMPONENT_LABEL]
        requests = [each["resources"]["requests"] for each in template["spec"]["containers"]]
        cpus, memory = (
            pods * sum((amount(str(each[kind])) for each in requests if kind in each), Decimal())
            for kind in ("cpu", "memory")
        )
        found[component] = Asked(component, pods, cpus, memory)
    return found
