"""Who fails more is not better for it, and two generators are two instruments."""

from collections.abc import Sequence

import pytest

from loadlab.analysis.best import choose
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.fairness import fails_more
from loadlab.catalogue import Cell
from loadlab.model.status import ComparisonOutcome as Outcome
from loadlab.model.status import ResultRow
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_comparison import ASYNC, NOISE, SYNC, cell_at


def with_failures(rows: Sequence[ResultRow], *shares: float) -> list[ResultRow]:
    return [
        row.model_copy(update={"failed_rate": share, "requests": 10_000})
        for row, share in zip(rows, shares, strict=True)
    ]


def outcomes(replicates: Sequence[Replicate], *failed: float) -> dict[str, tuple[Outcome, str]]:
    rows = with_failures(rows_of(replicates), *failed)
    return {c.figure: (c.outcome, c.why or "") for c in compare_cells(rows, replicates, own_ms=0.2)}


CHEAPER = [*cell_at(SYNC, 1000, 600, 40), *cell_at(ASYNC, 1040, 330, 30)]


def test_what_fails_half_of_its_requests_is_not_improved_by_that():
    """It was: rate, CPU and p95 all Improved, and the best cell."""
    found = outcomes(CHEAPER, 0.0, 0.497)

    assert {outcome for outcome, _ in found.values()} == {Outcome.INCONCLUSIVE}
    why = {said for _, said in found.values()}
    assert len(why) == 1
    assert "49.7% of the requests of async/workers=1 failed" in why.pop()


def test_what_is_worse_and_fails_more_is_worse():
    found = outcomes(CHEAPER, 0.3, 0.0)

    assert found["cpuMicros"][0] is Outcome.IMPROVED
    dearer = [*cell_at(SYNC, 1000, 400, 40), *cell_at(ASYNC, 970, 700, 90)]
    assert outcomes(dearer, 0.0, 0.3)["cpuMicros"][0] is Outcome.REGRESSED


def test_a_few_failures_that_may_be_chance_decide_nothing():
    found = outcomes(CHEAPER, 0.001, 0.004)

    assert {outcome for outcome, _ in found.values()} == {Outcome.IMPROVED}


def test_two_that_seem_equal_are_not_if_one_of_them_fails():
    alike = [*cell_at(SYNC, 1000, 600, 40), *cell_at(ASYNC, 1002, 601, 40.1)]

    assert {o for o, _ in outcomes(alike, 0.0, 0.0).values()} == {Outcome.EQUIVALENT}
    assert {o for o, _ in outcomes(alike, 0.2, 0.0).values()} == {Outcome.INCONCLUSIVE}


def test_whoever_fails_more_is_never_the_best():
    replicates = CHEAPER
    best = choose(with_failures(rows_of(replicates), 0.0, 0.497), replicates).best

    assert best is not None
    assert best.cell == "sync/workers=1"


@pytest.mark.parametrize(
    ("share", "other", "more"),
    [
        (0.5, 0.0, True),
        (0.0, 0.5, False),
        (0.011, 0.0, True),
        (0.01, 0.0, False),
        (0.009, 0.0, False),
    ],
)
def test_more_is_more_than_little(share, other, more):
    rows = with_failures(rows_of(CHEAPER), share, other)

    assert fails_more(*rows) is more


def test_more_than_chance_may_still_be_little():
    """Of a million requests 30.5 and 30 % are surely not the same, and of no matter."""
    rows = with_failures(rows_of(CHEAPER), 0.305, 0.3)

    assert not fails_more(*(row.model_copy(update={"requests": 1_000_000}) for row in rows))


def test_more_than_little_may_still_be_chance():
    rows = with_failures(rows_of(CHEAPER), 0.20, 0.18)

    assert not fails_more(*(row.model_copy(update={"requests": 1000}) for row in rows))


def test_of_few_requests_no_share_is_told_from_another():
    one, other = with_failures(rows_of(CHEAPER), 0.2, 0.0)
    few = {"requests": 10}

    assert not fails_more(one.model_copy(update=few), other.model_copy(update=few))


def by_generator(name: str, rate: float, cpu: float, p95: float) -> list[Replicate]:
    cell = Cell.model_validate({"variant": "async", "generator": name})
    return [
        sized(cell, block, rate * noise, cpu * noise, p95 * noise)
        for block in range(5)
        for noise in (NOISE[(block + len(name)) % 5],)
    ]


def test_what_two_generators_differ_by_is_no_claim_about_the_service():
    replicates = [*by_generator("k6", 1000, 500, 20), *by_generator("locust", 700, 500, 32)]
    found = {c.figure: c for c in compare_cells(rows_of(replicates), replicates)}

    assert found["requestsPerSecond"].outcome is Outcome.INCONCLUSIVE
    assert found["requestsPerSecond"].ratio == pytest.approx(0.7, rel=0.01)
    assert "two load generators" in (found["p95Ms"].why or "")
    best = choose(rows_of(replicates), replicates).best
    assert best is not None
    assert best.cell.startswith("async/generator=k6")


def test_that_two_generators_agree_may_be_claimed():
    replicates = [*by_generator("k6", 1000, 500, 20), *by_generator("wrk", 1002, 501, 20.1)]
    found = {c.figure: c for c in compare_cells(rows_of(replicates), replicates, own_ms=0.2)}

    assert {c.outcome for c in found.values()} == {Outcome.EQUIVALENT}


def by_pods(pods: int, rate: float, p95: float) -> list[Replicate]:
    cell = Cell.model_validate({"variant": "async", "parallelism": pods})
    return [
        sized(cell, block, rate * noise, 500 * noise, p95 * noise)
        for block, noise in enumerate(NOISE)
    ]


def test_what_more_pods_of_the_generator_find_is_no_claim_about_the_service():
    replicates = [*by_pods(1, 700, 32), *by_pods(2, 1000, 20)]
    rows = rows_of(replicates)

    found = {c.figure: c for c in compare_cells(rows, replicates, own_ms=0.2)}
    best = choose(rows, replicates).best
    assert found["p95Ms"].outcome is Outcome.INCONCLUSIVE
    assert "unequal numbers of generator pods" in (found["p95Ms"].why or "")
    assert best is not None
    assert best.cell.startswith("async/parallelism=1")
