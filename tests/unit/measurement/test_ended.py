"""Components that ended, or were started again, between the two snapshots of a trial."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.documents import CUT_OFF, GONE, ComponentReading
from loadlab.measurement.pod_log import PodReport
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.trial import measure_trial
from loadlab.model.status import Validity
from loadlab.plan.expected import LoadFacts
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind
from tests.unit.measurement.test_trial import BuildReport, measured


def test_a_restarted_component_has_unknown_cpu_rather_than_a_negative_one(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    ordinary = report(document)
    swapped = PodReport("k6-0", ordinary.document, start=ordinary.end, end=ordinary.start)
    assert swapped.start
    assert swapped.end
    earlier = swapped.start.model_copy(update={"taken_at": swapped.end.taken_at - 10})

    trial = measured(
        measure_trial([PodReport("k6-0", swapped.document, earlier, swapped.end)], 1, load)
    )

    assert trial.components["service"].restarted
    assert trial.components["service"].cpu_micros_per_request is None


@pytest.mark.parametrize(("deployed", "restarted"), [(True, True), (False, None)])
def test_a_component_that_was_gone_at_the_end_has_ended(
    document: dict[str, Any],
    report: BuildReport,
    load: LoadFacts,
    deployed: bool,
    restarted: bool | None,
) -> None:
    """The address of a service that ran already has pods only while they are ready."""
    whole = report(document)
    assert whole.end
    gone = whole.end.model_copy(
        update={"components": {}, "errors": {"service": f"{GONE}connection refused"}}
    )
    pod = PodReport("k6-0", whole.document, whole.start, gone)

    trial = measured(measure_trial([pod], 1, replace(load, deployed=deployed)))

    found = trial.components.get("service")
    assert (found and found.restarted) is restarted


@pytest.mark.parametrize(("also_at_the_end", "restarted"), [(False, True), (True, None)])
def test_a_component_that_was_gone_at_the_start_was_replaced(
    document: dict[str, Any],
    report: BuildReport,
    load: LoadFacts,
    also_at_the_end: bool,
    restarted: bool | None,
) -> None:
    """Its pod was deleted a second before: the row had no CPU and no reason. Gone all the time,
    it has no instruments at all."""
    whole = report(document)
    assert whole.start
    assert whole.end
    away = {"components": {}, "errors": {"service": f"{GONE}connection refused"}}
    end = whole.end.model_copy(update=away) if also_at_the_end else whole.end
    pod = PodReport("k6-0", whole.document, whole.start.model_copy(update=away), end)

    trial = measured(measure_trial([pod], 1, replace(load, deployed=True)))

    found = trial.components.get("service")
    assert (found and found.restarted) is restarted


@pytest.mark.parametrize(
    ("why", "edges", "deployed", "cut_off"),
    [
        (f"{CUT_OFF}no connection within 1.5 s", ("end",), True, ("service",)),
        (f"{CUT_OFF}no connection within 1.5 s", ("start",), True, ("service",)),
        (f"{CUT_OFF}no connection within 1.5 s", ("end",), False, ()),
        ("no answer within 1.8 s", ("end",), True, ()),  # it may be busy
        (f"{CUT_OFF}no connection within 1.5 s", ("start", "end"), True, ()),  # it did answer k6
    ],
)
def test_a_component_that_takes_no_connection_is_cut_off(
    document: dict[str, Any],
    report: BuildReport,
    load: LoadFacts,
    why: str,
    edges: tuple[str, ...],
    deployed: bool,
    cut_off: tuple[str, ...],
) -> None:
    whole = report(document)
    away = {"components": {}, "errors": {"service": why}}
    start, end = (
        snapshot and snapshot.model_copy(update=away if snapshot.edge in edges else {})
        for snapshot in (whole.start, whole.end)
    )
    pod = PodReport("k6-0", whole.document, start, end)

    trial = measured(measure_trial([pod], 1, replace(load, deployed=deployed)))

    assert trial.cut_off == cut_off
    assert not any(usage.restarted for usage in trial.components.values())


def test_what_a_worker_did_whose_container_was_started_again_is_not_known(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    """Its counters are above the former's by the end: nothing in the snapshots shows it."""
    whole = report(document)
    assert whole.start
    assert whole.end
    start, end = (
        edge.model_copy(
            update={
                "components": dict(edge.components)
                | {"worker": ComponentReading(cpu_seconds=cpu, persisted=rows)}
            }
        )
        for edge, cpu, rows in ((whole.start, 2.0, 500), (whole.end, 10.0, 5000))
    )
    pod = PodReport("k6-0", whole.document, start, end)

    calm = measured(measure_trial([pod], 1, load, {"worker": RanAs()}))
    trial = measured(measure_trial([pod], 1, load, {"worker": RanAs(restarted=True)}))

    assert calm.components["worker"].cpus_used == pytest.approx(8.0 / 10, rel=0.2)
    assert not calm.components["worker"].restarted
    assert trial.components["worker"].restarted
    assert trial.components["worker"].cpus_used is None
    assert not trial.components["service"].restarted
    kinds = {reason.kind: reason.level for reason in judge(trial).reasons}
    assert kinds[ReasonKind.COMPONENT_RESTARTED] is Validity.SUSPECT
