"""The environment of a service and its worker: what we set, and what a variant adds to it."""

from collections.abc import Mapping

from loadlab.catalogue import Factor, Level
from loadlab.model.status.conditions import Reason
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.errors import PlanError
from loadlab.plan.pods import env
from loadlab.plan.stores import store_environment
from loadlab.plan.traced import trace_environment
from loadlab.plan.variants import ResolvedVariant, workload_of


def build_environment(context: Context, run: Run) -> list[Manifest]:
    """Return the variables of a run's service and worker."""
    variant = context.variant(run.cell)
    ours = _settings(context, variant, run.name, dict(run.cell.levels()))
    ours |= trace_environment(context.spec.trace, run.load) if run.traces else {}
    # Theirs last, in the order given: a value may refer to a variable before it, and no name is
    # given twice.
    theirs = [variable.dump() for variable in variant.env]
    return [*env(**ours), *store_environment(context, variant.stores), *theirs]


def check_environment(context: Context) -> None:
    """Refuse a variant that sets a variable of ours: the API server takes no name twice.

    Raises:
        PlanError: names the variable and the remedy.
    """
    for variant in context.variants.values():
        reserved = _reserved(context, variant)
        taken = next((v.name for v in variant.env if v.name in reserved), None)
        if taken is not None:
            message = f"variants {variant.name}: env {taken} is set by LoadLab; {_remedy(taken)}"
            raise PlanError(Reason.INVALID_SPEC, message)


def _settings(
    context: Context, variant: ResolvedVariant, run: str, levels: Mapping[Factor, Level]
) -> dict[str, str | int]:
    told = {"WORKLOAD": context.spec.workload, "VARIANT": variant.name, "RUN_ID": run}
    swept = {f.facts.variable: level for f, level in levels.items() if f.facts.variable}
    return {**told, **variant.settings, **swept}


def _reserved(context: Context, variant: ResolvedVariant) -> set[str]:
    """The names that are ours in at least one sweep of the variant."""
    workload = workload_of(context.spec)
    levels = {factor: 0 for factor in Factor if workload.gives_meaning(factor, variant.name)}
    stores = {variable["name"] for variable in store_environment(context, variant.stores)}
    traced = trace_environment(context.spec.trace, context.spec.load).keys()
    return stores | traced | _settings(context, variant, "", levels).keys()


def _remedy(variable: str) -> str:
    factor = next((factor for factor in Factor if factor.facts.variable == variable), None)
    return f"set factors.{factor} instead" if factor else "leave it out, or give it another name"
