"""Between tiers a cell may be the best where its pilot did not show all that it carries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from loadlab.analysis.best import Choice
from loadlab.analysis.contenders import LOWER_TIER, NOT_CARRIED, OFFERED_LESS
from loadlab.analysis.pilots import Limit, limits_of, words_of, written_share
from loadlab.analysis.tiers import choose_of_tiers, tiers_to_choose_of
from loadlab.catalogue import Cell, Factor
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.measurement.work_done import WorkDone
from loadlab.model.resources import Trial
from loadlab.model.status import (
    Best,
    Figure,
    LoadExperimentStatus,
    ResultRow,
    Standing,
    Validity,
)
from loadlab.plan import Plan
from loadlab.plan.expected import ExpectedWork, LoadFacts
from loadlab.plan.rates import without_rate
from loadlab.validity.judged_trial import JudgedTrial, dump_trial
from loadlab.validity.judgement import Family, Judgement, Reason, ReasonKind
from tests.unit.analysis.analysed import analyze
from tests.unit.analysis.test_capacity import LOADS, plan_of, rows_of
from tests.unit.analysis.test_summary import VALID, measured

COMPARE = {"purpose": "Compare"}
SYNC, ASYNC, ASYNCPG = (load["cell"] for load in LOADS)
EMPTY = ComponentUsage(cpu_micros_per_request=100.0, threads_exhausted=0.1)
FULL = ComponentUsage(cpu_micros_per_request=100.0, threads_exhausted=0.9)
ANSWERS = Histogram.of([400_000] * 100)  # 50 users who carry 100/s wait for 500 ms
LOST = Reason(ReasonKind.RATE_NOT_REACHED, Validity.SUSPECT, "carried 10 of 50/s", Family.SERVICE)


@pytest.fixture
def tiered() -> Plan:
    return in_tiers()


def in_tiers() -> Plan:
    loads = [load | {"carries": load.get("carries", 110.0)} for load in LOADS]
    return plan_of(COMPARE, {"seed": 1, "loads": loads, "replicates": 3})


def pilot(service: ComponentUsage = EMPTY, k6: float = 0.3) -> TrialMeasurement:
    found = measured(100.0)
    generator = replace(found.generator, cpu_share=k6)
    return replace(found, components={"service": service}, generator=generator)


def pilots_of(plan: Plan, told: Mapping[str, TrialMeasurement | None]) -> list[Trial]:
    """Return the finished pilot trials of some cells, by their titles."""
    return [
        Trial.model_validate(
            plan.trial_manifest(planned)
            | {"status": {"phase": "Succeeded", "measurement": it and stored(it)}}
        )
        for planned in plan.preliminary
        if (title := without_rate(planned.cell).title()) in told
        for it in (told[title],)
    ]


def stored(measurement: TrialMeasurement) -> object:
    return dump_trial(JudgedTrial(measurement, VALID))


def summed_up(plan: Plan, pilots: list[Trial], overloaded: str = "") -> LoadExperimentStatus:
    """Sum up three variants, of which pilots put async into a higher tier."""
    trials = []
    for planned in plan.trials:
        load = LoadFacts(
            open_model=True, virtual_users=100, duration_seconds=10.0, rate_per_second=50.0
        )
        judgement = Judgement((LOST,)) if planned.cell.variant == overloaded else VALID
        trial = replace(measured(50.0), load=load, latency=ANSWERS)
        result = dump_trial(JudgedTrial(trial, judgement))
        status = {"status": {"phase": "Succeeded", "measurement": result}}
        trials.append(Trial.model_validate(plan.trial_manifest(planned) | status))
    return analyze(plan, [*trials, *pilots])


def test_a_pilot_that_filled_nothing_was_limited_by_its_users(tiered: Plan) -> None:
    found = limits_of(
        pilots_of(tiered, {SYNC: pilot(), ASYNC: pilot(FULL), ASYNCPG: pilot(k6=0.95)})
    )

    assert found == {SYNC: Limit.USERS, ASYNC: Limit.SERVICE, ASYNCPG: Limit.GENERATOR}


def test_one_that_filled_the_generator_too_was_limited_by_the_service(tiered: Plan) -> None:
    assert limits_of(pilots_of(tiered, {SYNC: pilot(FULL, k6=0.95)})) == {SYNC: Limit.SERVICE}


def test_of_one_that_cannot_be_read_nothing_is_known(tiered: Plan) -> None:
    (gone,) = pilots_of(tiered, {SYNC: None})
    status = gone.status.model_copy(update={"measurement": {"version": 99}})

    assert limits_of([gone]) == {SYNC: Limit.UNKNOWN}
    assert limits_of([gone.model_copy(update={"status": status})]) == {SYNC: Limit.UNKNOWN}
    assert words_of("OfALaterRelease") == words_of(Limit.UNKNOWN)


def test_of_a_service_without_instruments_nobody_knows_what_was_full(tiered: Plan) -> None:
    blind = replace(pilot(), load=replace(pilot().load, instrumented=False))
    unseen = replace(pilot(), components={})

    found = limits_of(pilots_of(tiered, {SYNC: blind, ASYNC: unseen}))

    assert found == {SYNC: Limit.UNKNOWN, ASYNC: Limit.UNKNOWN}


def test_only_pilots_are_looked_at(tiered: Plan) -> None:
    measured_one = Trial.model_validate(tiered.trial_manifest(tiered.trials[0]))

    assert limits_of([measured_one]) == {}


def test_of_what_is_put_off_only_what_was_written_was_carried(tiered: Plan) -> None:
    def behind(persisted: int) -> Trial:
        put_off = replace(
            pilot(),
            components={"service": EMPTY, "worker": EMPTY},
            counts=RequestCounts(seconds=10.0, client=1000.0, server=1000, load=1000.0),
            work=WorkDone(persisted=persisted),
            load=replace(pilot().load, expected=ExpectedWork(write_share=1.0)),
        )
        (found,) = pilots_of(tiered, {SYNC: put_off})
        return found

    assert written_share(behind(400)) == pytest.approx(0.4)
    assert written_share(behind(950)) == 1  # the worker kept up
    assert written_share(pilots_of(tiered, {SYNC: pilot()})[0]) == 1
    assert written_share(pilots_of(tiered, {SYNC: None})[0]) == 1


def test_users_that_waited_decide_nothing_between_tiers(tiered: Plan) -> None:
    """50 users of 200 ms make 250/s where nothing is full: that was "a lower tier"."""
    found = summed_up(
        tiered,
        pilots_of(tiered, {SYNC: pilot(), ASYNC: pilot(FULL), ASYNCPG: pilot(FULL)}),
    )

    assert found.best is not None
    assert found.best.cell.startswith("async/")
    assert [title.partition("/")[0] for title in found.best.tied_with] == ["sync"]
    (sentence,) = found.recommendation
    assert sentence == (
        "Nothing tells async (rate=1500) and sync (rate=50) apart in requests per second: sync's "
        "pilot was limited by its users (factors.virtualUsers), not by the service."
    )
    assert "requestsPerSecond" not in {each.figure for each in found.comparisons}


@pytest.mark.parametrize("slower", [pilot(), pilot(FULL)], ids=["users", "service"])
def test_where_none_of_the_fastest_tier_carried_its_load_the_next_one_has_the_best(
    tiered: Plan, slower: TrialMeasurement
) -> None:
    """No cell was recommended, as the others "were put in a lower tier"; or but one of them."""
    pilots = pilots_of(tiered, {SYNC: slower, ASYNC: pilot(FULL), ASYNCPG: pilot(FULL)})

    found = summed_up(tiered, pilots, overloaded="async")

    assert found.best is not None
    named = [found.best.cell, *found.best.tied_with]
    assert [title.partition("/")[0] for title in named] == ["asyncpg", "sync"]
    assert "No cell" not in found.recommendation[0]


@pytest.mark.parametrize(
    ("fit", "told"),
    [
        ({"async", "sync"}, ("async", {"sync": LOWER_TIER, "asyncpg": LOWER_TIER})),
        ({"sync"}, ("sync", {"async": NOT_CARRIED, "asyncpg": NOT_CARRIED})),
        (set(), (None, dict.fromkeys(("async", "sync", "asyncpg"), NOT_CARRIED))),
    ],
)
def test_each_cell_that_is_not_chosen_has_its_own_reason(
    fit: set[str], told: tuple[str | None, dict[str, str]], tiered: Plan
) -> None:
    def first_fit(tier: Sequence[ResultRow]) -> Choice:
        names = {row.cell.title(): row.cell.variant for row in tier}
        chosen = next((title for title, name in names.items() if name in fit), None)
        best = Best(cell=chosen, requests_per_second=1.0, p95_ms=1.0) if chosen else None
        return Choice(best, {title: NOT_CARRIED for title in names if title != chosen})

    full = Figure(mean=1.0, standing=Standing.BOUND, why=Limit.SERVICE)
    rows = [row.model_copy(update={"capacity": full}) for row in rows_of(tiered)]

    found = choose_of_tiers(tiered, rows, first_fit)

    best = found.best and found.best.cell.partition("/")[0]
    assert (best, {t.partition("/")[0]: why for t, why in found.set_aside.items()}) == told


def test_of_given_rates_a_lower_one_is_told_as_what_it_is() -> None:
    """No pilot put it into a tier."""
    plan = plan_of(COMPARE, factors={"rate": [50, 100]})

    found = choose_of_tiers(plan, rows_of(plan), lambda tier: Choice(_first(tier)))

    assert set(found.set_aside.values()) == {OFFERED_LESS}


@pytest.mark.parametrize(
    ("sync", "own", "found"),
    [("Pilot", True, True), ("Pilot", False, False), ("PilotUsers", True, False)],
)
def test_nothing_is_alike_to_what_may_carry_more(sync, own, found, tiered):
    rows = limited(tiered, dict.fromkeys(("async", "asyncpg"), "Pilot") | {"sync": sync})

    chosen = choose_of_tiers(tiered, rows, lambda tier: Choice(_first(tier), are_alike=own))

    assert chosen.are_alike is found


def test_what_a_pilot_leaves_undecided_rests_on_no_block_and_fits_the_status(tiered: Plan) -> None:
    _, fast, slow = limited(tiered, dict.fromkeys(("sync", "async", "asyncpg"), "PilotUsers"))
    named = slow.cell.model_copy(update={"variant": "v" * 30})
    rows = [fast, slow.model_copy(update={"cell": named})]

    (found,) = choose_of_tiers(tiered, rows, lambda tier: Choice(_first(tier))).undecided

    assert found.blocks == 0
    assert found.why
    assert (len(found.why), found.why[-1]) == (100, "…")


def _first(tier: Sequence[ResultRow]) -> Best:
    return Best(cell=tier[0].cell.title(), requests_per_second=1.0, p95_ms=1.0)


def limited(plan: Plan, whys: Mapping[str, str | None]) -> list[ResultRow]:
    """Return the rows of which the pilots of these variants were limited so."""
    return [
        row.model_copy(
            update={
                "capacity": Figure(mean=1.0, standing=Standing.BOUND, why=whys[row.cell.variant])
                if row.cell.variant in whys
                else None
            }
        )
        for row in rows_of(plan)
    ]


def variants(plan: Plan, whys: Mapping[str, str | None]) -> list[list[str]]:
    """Return the tiers to choose of, where the pilots of these variants were limited so."""
    tiers = tiers_to_choose_of(plan, limited(plan, whys))
    return [[row.cell.variant for row in tier] for tier in tiers]


def test_of_several_tiers_the_fastest_has_the_best(tiered: Plan) -> None:
    full = dict.fromkeys(("sync", "async", "asyncpg"), "Pilot")

    assert variants(tiered, full) == [["async"]]
    assert tiers_to_choose_of(tiered, []) == [[]]


@pytest.mark.parametrize(
    ("whys", "tiers"),
    [
        ({"sync": "PilotUsers", "asyncpg": "Pilot"}, [["async"], ["sync"]]),
        ({"sync": "Pilot"}, [["async"], ["asyncpg"]]),  # whose pilot came to no result
        ({"sync": "PilotUnknown", "asyncpg": "PilotGenerator"}, [["async"], ["sync", "asyncpg"]]),
    ],
)
def test_of_a_slower_one_those_may_be_the_best_that_may_carry_more(whys, tiers, tiered):
    assert variants(tiered, whys | {"async": "PilotUsers"}) == tiers


def test_without_tiers_any_cell_may_be_the_best() -> None:
    plan = plan_of({})

    assert tiers_to_choose_of(plan, rows_of(plan)) == [rows_of(plan)]


def test_of_rates_that_are_given_the_highest_has_the_best() -> None:
    plan = plan_of(COMPARE, factors={"rate": [50, 100]})

    (tier,) = tiers_to_choose_of(plan, rows_of(plan))

    assert {row.cell.number(Factor.RATE) for row in tier} == {100}


def test_compared_cells_without_a_rate_are_of_one_tier(tiered: Plan) -> None:
    rows = [row.model_copy(update={"cell": Cell(variant="sync")}) for row in rows_of(tiered)]

    assert tiers_to_choose_of(tiered, rows) == [rows]
