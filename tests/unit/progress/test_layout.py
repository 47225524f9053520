"""What the first result ran on is written down, and computed alike whoever does it."""

from typing import Any

import pytest

from loadlab.base.names import Component
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status.chosen import Chosen, PartNodes
from loadlab.plan import Images, Plan, make_plan
from loadlab.progress.layout import choose_layout
from loadlab.progress.observed import Observed, PodView, Reference
from loadlab.progress.unplaced import closed_nodes, why_unplaced

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


def unplaced(said: str) -> PodView:
    """A generator of which the scheduler says this."""
    return PodView(
        reference=Reference("Pod", "x", "u"),
        component=Component.K6,
        run="r",
        phase="Pending",
        unschedulable=said,
    )


@pytest.fixture
def plan() -> Plan:
    return make_plan(experiment(), IMAGES)


def test_the_nodes_of_the_first_result_are_chosen_with_those_of_stores(plan):
    chosen = choose_layout(plan, observed(plan, (0, "Succeeded", APART)))

    assert chosen is not None
    assert [(part.component, part.nodes) for part in chosen.layout] == [
        ("service", ("a",)),
        ("k6", ("b",)),
        ("postgres", ("b",)),
    ]
    assert chosen.generator_apart is True


@pytest.mark.parametrize(("k6", "apart"), [(["b"], True), (["a"], False), (["a", "b"], False)])
def test_one_common_node_is_not_apart(k6, apart, plan):
    chosen = choose_layout(plan, observed(plan, (0, "Invalid", {"service": ["a"], "k6": k6})))

    assert chosen is not None
    assert chosen.generator_apart is apart


def test_a_store_beside_the_service_is_not_apart(plan):
    beside = {"service": ["a"], "k6": ["b"], "postgres": ["b"], "redis": ["a"]}
    chosen = choose_layout(plan, observed(plan, (0, "Succeeded", beside)))

    assert chosen is not None
    assert chosen.generator_apart is False


@pytest.mark.parametrize(
    ("said", "closed"),
    [
        ("1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].", True),
        ("1 node(s) were unschedulable, 2 node is filtered out by the prefilter result.", True),
        ("3 node(s) didn't match Pod's node affinity/selector.", True),
        ("1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.", True),
        ('nodeinfo not found for node name "a"', True),
        ("1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].", False),
        ("1 Too many pods, 2 node(s) didn't match Pod's node affinity/selector.", False),
        ("1 node(s) didn't match pod anti-affinity rules, 2 node(s) were unschedulable.", False),
        ("its node turned it away, OutOfcpu: no CPU", False),
        ("", False),
    ],
)
def test_a_node_of_the_layout_is_closed_where_no_room_would_help(said, closed):
    chosen = Chosen(seed=1, layout=(PartNodes(component="k6", nodes=("a",)),))
    pod = unplaced(f"0/3 nodes are available: {said}" if said else "")

    assert closed_nodes([pod], chosen) == ("a" if closed else "")
    assert closed_nodes([pod], Chosen(seed=1)) == ""


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
        (
            "0/3 nodes: 1 node(s) were unschedulable, 2 didn't satisfy plugin(s) [NodeAffinity].",
            "bring back the nodes of status.chosen.layout, or uncordon a node",
        ),
    ],
)
def test_the_scheduler_is_quoted_with_what_would_help(said, remedy):
    message = why_unplaced(unplaced(said + " preemption: 0/1 nodes are available"))

    assert f"the k6 pod fits no node: {said.rstrip('.')}; it asks for" in message
    assert remedy in message
