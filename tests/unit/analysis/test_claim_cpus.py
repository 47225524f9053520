"""A claim about more CPUs than the service had is not contradicted by the smaller machine."""

from dataclasses import replace

import pytest

from loadlab.analysis.expectation import Replicate
from loadlab.measurement.ran_as import RanAs
from loadlab.model.status import ExpectationOutcome as Outcome
from tests.unit.analysis.claims import ASYNC, MEASURED, SYNC, judge, judged


def sides(*, allowed: int | None, limit: float | None = None) -> list[Replicate]:
    """Three blocks in which the one side carries 1.1 times as much as the other."""
    usage = replace(MEASURED.components["service"], cpus_allowed=allowed)
    ran = {} if limit is None else {"service": RanAs(cpu_limit=limit)}
    measured = replace(MEASURED, components={"service": usage}, ran=ran)
    return [
        Replicate(cell, block, judged(replace(measured, last_answer_epoch_seconds=30_000 / rate)))
        for block in (1, 2, 3)
        for cell, rate in ((ASYNC, 1100.0 + block), (SYNC, 1000.0 + block))
    ]


@pytest.mark.parametrize(
    ("allowed", "limit", "outcome", "note"),
    [
        (8, None, Outcome.CONTRADICTED, ""),
        (8, 6.0, Outcome.CONTRADICTED, ""),
        (8, 1.0, Outcome.INCONCLUSIVE, "needs 6 CPUs for the service, which had 1"),
        (2, None, Outcome.INCONCLUSIVE, "needs 6 CPUs for the service, which had 2"),
        (
            None,
            None,
            Outcome.INCONCLUSIVE,
            "needs 6 CPUs for the service; how many it had is not known",
        ),
    ],
)
def test_a_claim_that_needs_more_cpus_says_so_instead(allowed, limit, outcome, note):
    found = judge(sides(allowed=allowed, limit=limit), atLeast=2, needsCpus=6)

    assert (found.outcome, found.note) == (outcome, note)


def test_what_holds_on_a_smaller_machine_holds():
    found = judge(sides(allowed=1), atLeast=1.05, needsCpus=6)

    assert (found.outcome, found.note) == (Outcome.REPRODUCED, "")


def test_whoever_asks_for_no_cpus_is_contradicted_on_any():
    assert judge(sides(allowed=1), atLeast=2).outcome is Outcome.CONTRADICTED
