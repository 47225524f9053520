"""What the first result ran on is written down, and computed alike whoever does it."""

from typing import Any

import pytest

from loadlab.base.names import Component
from loadlab.model.resources import Experiment, Trial
from loadlab.plan import Images, Plan, make_plan
from loadlab.progress.layout import choose_layout
from loadlab.progress.observed import Observed, PodView, Reference
from loadlab.progress.unplaced import why_unplaced

SWEPT: dict[str, Any] = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"workers": [1]},
    "replicates": 2,
}
IMAGES = Images("services", "k6", "postgres", "redis", "rabbitmq")
APART = {"service": ["a"], "k6": ["b"], "postgres": ["b"]}


def observed(plan: Any, *trials: tuple[int, str, dict[str, list[str]]]) -> Observed:
    """Trials by their place in the plan, with a phase and the nodes of each component."""
    found = {}
    for place, phase, nodes in trials:
        planned = plan.trials[place]
        manifest = plan.trial_manifest(planned)
        components = {name: {"nodes": each} for name, each in nodes.items()}
        manifest["status"] = {"phase": phase, "components": components}
        found[planned.name] = Trial.model_validate(manifest)
    return Observed(trials=found)


def experiment(**status: Any) -> Experiment:
    metadata = {"name": "demo", "namespace": "lab", "uid": "u"}
    return Experiment.model_validate({"metadata": metadata, "spec": SWEPT, "status": status})


@pytest.fixture
def plan() -> Plan:
    return make_plan(experiment(), IMAGES)


def test_the_nodes_of_the_first_result_are_chosen_without_those_of_stores(plan):
    chosen = choose_layout(plan, observed(plan, (0, "Succeeded", APART)))

    assert chosen is not None
    assert [(part.component, part.nodes) for part in chosen.layout] == [
        ("service", ("a",)),
        ("k6", ("b",)),
    ]
    assert chosen.generator_apart is True


@pytest.mark.parametrize(("k6", "apart"), [(["b"], True), (["a"], False), (["a", "b"], False)])
def test_one_common_node_is_not_apart(k6, apart, plan):
    chosen = choose_layout(plan, observed(plan, (0, "Invalid", {"service": ["a"], "k6": k6})))

    assert chosen is not None
    assert chosen.generator_apart is apart


def test_the_first_of_the_plan_counts_whichever_was_read_first(plan):
    other = {"service": ["c"], "k6": ["c"]}
    seen = observed(plan, (1, "Succeeded", other), (0, "Succeeded", APART))

    chosen = choose_layout(plan, seen)

    assert chosen is not None
    assert chosen.nodes_of("service") == ("a",)


@pytest.mark.parametrize("phase", ["Running", "Lost", "Failed"])
def test_without_a_result_nothing_is_chosen(phase, plan):
    assert choose_layout(plan, observed(plan, (0, phase, APART))) is None


def test_results_of_a_release_that_noted_no_nodes_leave_it_open(plan):
    assert choose_layout(plan, observed(plan, (0, "Succeeded", {"service": [], "k6": []}))) is None


def test_what_is_chosen_stays(plan):
    seen = observed(plan, (0, "Succeeded", APART))
    chosen = choose_layout(plan, seen)
    assert chosen is not None

    assert choose_layout(make_plan(experiment(chosen=chosen.dump()), IMAGES), seen) is None


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (
            "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.",
            "add a node, as spec.placement.separateGenerator Required",
        ),
        (
            "0/1 nodes are available: 1 node(s) had untolerated taint {example.com/tests: }.",
            "tolerate the taint by spec.placement.tolerations",
        ),
        (
            "0/2 nodes: 1 Insufficient cpu, 1 node(s) didn't match pod anti-affinity rules.",
            "lower spec.resources.k6, or add a node",
        ),
    ],
)
def test_the_scheduler_is_quoted_with_what_would_help(said, remedy):
    pod = PodView(
        reference=Reference("Pod", "x", "u"),
        component=Component.K6,
        run="r",
        phase="Pending",
        unschedulable=said + " preemption: 0/1 nodes are available",
    )
    message = why_unplaced(pod)

    assert f"the k6 pod fits no node: {said.rstrip('.')}; it asks for" in message
    assert remedy in message
