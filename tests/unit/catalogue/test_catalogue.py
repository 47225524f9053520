"""One description of workloads, variants and factors: nothing of it can be forgotten elsewhere."""

import ast
import json
from pathlib import Path

import pytest

import loadlab
from loadlab.catalogue import WORKLOADS, Cell, CellPattern, Factor, Factors, Level
from loadlab.catalogue.factor_facts import Arrivals
from loadlab.model.resources import Experiment
from loadlab.plan import Images, Plan, PlanError, make_plan

IMAGES = Images(
    services="services", k6="k6", postgres="postgres", redis="redis", rabbitmq="rabbitmq"
)
VARIANTS = [(name, variant) for name, work in WORKLOADS.items() for variant in work.variants]
# Settings of one server go with it alone.
SERVED_BY = {
    factor: {"server": ["gunicorn"]}
    for factor in (Factor.GUNICORN_THREADS, Factor.GUNICORN_WORKER_CONNECTIONS)
}
each_factor = pytest.mark.parametrize("factor", Factor)


def plan_of(workload: str, variant: str, factor: Factor, level: Level) -> Plan:
    executor = "constant-vus" if factor.facts.arrivals is not Arrivals.OPEN else None
    spec = {
        "workload": workload,
        "variants": [{"name": variant}],
        "factors": {factor.value: [level]} | SERVED_BY.get(factor, {}),
        "load": {"executor": executor or "constant-arrival-rate"},
        "postgres": {"settings": {"max_connections": "10000"}, "scale": 1},
    }
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid"}
    return make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)


def plans_of(
    workload: str, variant: str, factor: Factor, levels: tuple[Level, Level]
) -> tuple[Plan, Plan] | None:
    """Plan both levels; None where a load generator cannot do what the variant is asked."""
    refusal = PlanError if factor is Factor.GENERATOR else ()
    try:
        one, other = (plan_of(workload, variant, factor, level) for level in levels)
    except refusal:
        return None
    return one, other


def ends_of(factor: Factor) -> tuple[Level, Level]:
    """Two levels of a factor that differ."""
    facts = factor.facts
    if facts.cpus:
        return "10m", "999"
    return (facts.words[0], facts.words[-1]) if facts.words else (facts.low, facts.high)


def run_of(plan: Plan) -> str:
    return json.dumps(plan.run_manifests(plan.trials[0], attempt=1))


@pytest.mark.parametrize("model", [Factors, Cell, CellPattern])
def test_every_factor_is_a_field_in_the_order_of_the_table(model):
    fields = [field.alias or name for name, field in model.model_fields.items()]

    assert [name for name in fields if name != "variant"] == [factor.value for factor in Factor]


@each_factor
def test_the_workloads_of_a_factor_are_in_the_catalogue(factor):
    assert set(factor.facts.workloads) <= WORKLOADS.keys()


@each_factor
def test_levels_that_nobody_gave_are_in_range_and_described(factor):
    facts = factor.facts
    unset = () if facts.unset is None else (facts.unset,)
    for level in (*(facts.default or ()), *unset):
        assert level in facts.words or facts.low <= int(level) <= facts.high
    if unset:
        assert f"{facts.unset} unless set)" in facts.description


@each_factor
def test_levels_are_words_cpus_or_numbers_within_a_range(factor):
    facts = factor.facts

    assert [bool(facts.words), facts.cpus, facts.low < facts.high].count(True) == 1
    assert len(set(facts.words)) == len(facts.words) != 1


@each_factor
def test_a_factor_has_a_meaning_for_a_variant_and_changes_its_run(factor):
    low, high = ends_of(factor)
    meant = [
        (workload, variant)
        for workload, variant in VARIANTS
        if WORKLOADS[workload].gives_meaning(factor, variant)
    ]

    planned = [found for each in meant if (found := plans_of(*each, factor, (low, high)))]
    assert planned
    for one, other in planned:
        assert one.cells[0].level(factor) == low
        assert other.cells[0].level(factor) == high
        assert run_of(one) != run_of(other)


@each_factor
def test_a_level_of_another_kind_or_beyond_its_range_is_refused_wherever_it_is_given(factor):
    facts = factor.facts
    words = ("0", "9m", "1.5", "01", "1000", "1e3", "1k", "-1", "1 ", "1\n", "many")
    numbers = (facts.low - 1, facts.high + 1, "many")
    strange = (*words, "hypercorn", "", 1) if facts.words or facts.cpus else numbers
    for level in strange:
        for model, value in ((Factors, [level]), (CellPattern, level)):
            with pytest.raises(ValueError, match=factor.value):
                model.model_validate({factor.value: value})


@pytest.mark.parametrize(("workload", "variant"), VARIANTS)
def test_every_variant_is_asked_something_that_has_a_name(workload, variant):
    plan = plan_of(workload, variant, Factor.WORKERS, 1)

    assert '\\"requests\\": [{\\"name\\"' in run_of(plan)


def test_a_workload_is_called_as_its_entry():
    assert [workload.name for workload in WORKLOADS.values()] == list(WORKLOADS)


def test_nothing_else_of_the_operator_asks_which_workload_it_is():
    package = Path(loadlab.__file__).parent
    asked = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in sorted(package.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare | ast.MatchValue)
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and part.value in WORKLOADS
    ]

    assert asked == []
