"""The formulas of `reference` against a brute-force run of the same definition."""

from bisect import bisect_right
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loadlab_services.workloads.reference.behaviour import Behaviour
from loadlab_services.workloads.reference.truth import Truth, truth_of

REQUESTS = 6000
PERIODS = 5
# Of the fraction of requests: what a finite run of evenly spread numbers and phases is off.
TOLERANCE = 0.01
EPSILON = 1e-6

behaviours = st.builds(
    Behaviour,
    delay_ms=st.integers(0, 50),
    slow_ms=st.integers(0, 400),
    slow_permille=st.integers(0, 1000),
    stall_ms=st.integers(0, 4000),
    stall_every_seconds=st.integers(1, 3),
    error_permille=st.integers(0, 900),
    burn_micros=st.integers(0, 5000),
)


def brute_force(behaviour: Behaviour, first: int) -> tuple[list[float], int]:
    """Send even arrivals over whole periods; the latencies of those that succeed, and failures."""
    spacing = PERIODS * behaviour.stall_every_seconds / REQUESTS
    latencies, failed = [], 0
    for place in range(REQUESTS):
        number, burnt = first + place, behaviour.burn_micros / 1e6
        stalled = behaviour.stalled_seconds((place + 0.5) * spacing + burnt)
        if behaviour.fails(number):
            failed += 1
        else:
            latencies.append((burnt + stalled) * 1000 + behaviour.wait_ms(number))
    return sorted(latencies), failed


@hypothesis_settings(max_examples=60)
@given(behaviour=behaviours, first=st.sampled_from([1, 777_777, 1_000_000_000]), data=st.data())
def test_a_run_is_distributed_as_the_truth_says(
    behaviour: Behaviour, first: int, data: st.DataObject
) -> None:
    truth = truth_of(behaviour)
    latencies, failed = brute_force(behaviour, first)
    longest = latencies[-1]

    assert failed / REQUESTS == pytest.approx(truth.error_share, abs=TOLERANCE)
    assert sum(latencies) / len(latencies) == pytest.approx(
        truth.mean_ms, abs=max(TOLERANCE * longest, EPSILON) * REQUESTS / len(latencies)
    )
    # Even among those that succeed the share is off by no more than among all.
    allowed = TOLERANCE * REQUESTS / len(latencies)
    points = [wait + offset for wait, _ in truth.waits for offset in (0.0, truth.stall_ms)]
    for point in [*points, data.draw(st.floats(0, max(longest, 1)))]:
        found = bisect_right(latencies, point + EPSILON) / len(latencies)
        assert found == pytest.approx(truth.share_within(point + EPSILON), abs=allowed)


@given(behaviour=behaviours, percent=st.floats(0.1, 100))
def test_a_percentile_is_the_least_latency_that_so_many_keep(
    behaviour: Behaviour, percent: float
) -> None:
    truth = truth_of(behaviour)
    found = truth.percentile_ms(percent)

    assert truth.share_within(found + EPSILON) >= percent / 100 - EPSILON
    assert truth.share_within(found - EPSILON) <= percent / 100 + EPSILON


def truth(**told: int) -> Truth:
    return truth_of(Behaviour(**told))


@pytest.mark.parametrize(
    ("told", "percentiles"),
    [
        ({"delay_ms": 5}, {50: 5, 99.9: 5}),
        ({"slow_ms": 200}, {50: 5, 99: 5, 99.5: 200}),  # 1 % unless said otherwise
        ({"slow_ms": 200, "slow_permille": 20}, {95: 5, 99: 200}),
        ({"slow_ms": 2, "slow_permille": 500}, {99: 5}),
        ({"slow_ms": 200, "slow_permille": 20, "error_permille": 900}, {79.9: 5, 80.1: 200}),
        ({"burn_micros": 1500}, {50: 6.5}),
        # A stall of 700 ms every 13 s: 1 % of the arrivals wait longer than 700 - 130 ms.
        ({"delay_ms": 0, "stall_ms": 700, "stall_every_seconds": 13}, {90: 0, 99: 570}),
        # A stall longer than its period is one without an end between.
        ({"delay_ms": 0, "stall_ms": 5000, "stall_every_seconds": 2}, {25: 500, 100: 2000}),
    ],
)
def test_percentiles_that_are_known_by_hand(
    told: dict[str, int], percentiles: dict[float, float]
) -> None:
    assert {p: truth(**told).percentile_ms(p) for p in percentiles} == pytest.approx(percentiles)


def test_cost_and_errors_are_what_was_told() -> None:
    known = truth(burn_micros=250, put_off_micros=40, error_permille=30)

    assert (known.service_micros, known.worker_micros, known.error_share) == (250, 40, 0.03)


def test_where_all_fail_there_is_no_latency() -> None:
    with pytest.raises(ValueError, match="no request succeeds"):
        truth(error_permille=1000).percentile_ms(50)


@given(permille=st.integers(0, 1000), first=st.integers(0, 10**9), length=st.integers(1, 20_000))
@hypothesis_settings(max_examples=50)
def test_the_share_is_exact_but_for_a_few_wherever_numbers_begin(
    permille: int, first: int, length: int
) -> None:
    behaviour = Behaviour(slow_permille=permille, error_permille=1000 - permille)
    numbers = range(first, first + length)
    slow = sum(behaviour.is_slow(number) for number in numbers)
    failing = sum(behaviour.fails(number) for number in numbers)

    assert abs(slow - length * permille / 1000) <= 4
    assert abs(failing - length * (1000 - permille) / 1000) <= 4


@given(slow=st.integers(0, 1000), errors=st.integers(0, 1000), number=st.integers(0, 10**12))
def test_slow_ones_fail_only_where_both_are_more_than_all(
    slow: int, errors: int, number: int
) -> None:
    behaviour = Behaviour(slow_permille=slow, error_permille=errors)

    assert slow + errors > 1000 or not (behaviour.fails(number) and behaviour.is_slow(number))


def test_numbers_lie_as_the_multiples_of_the_golden_ratio() -> None:
    golden = Fraction(2654435769, 2**32)  # (sqrt(5) - 1) / 2 in 32 bits
    behaviour = Behaviour(slow_permille=37, error_permille=20)
    places = {number: (number * golden) % 1 for number in range(1, 3000)}

    assert abs(golden - Fraction("0.61803398875")) < Fraction(1, 2**32)
    assert [n for n in places if behaviour.is_slow(n)] == [
        n for n, place in places.items() if place < Fraction(37, 1000)
    ]
    assert [n for n in places if behaviour.fails(n)] == [
        n for n, place in places.items() if place >= Fraction(980, 1000)
    ]


@pytest.mark.parametrize(
    ("now", "left"), [(0, 0.3), (0.1, 0.2), (0.3, 0), (9.9, 0), (10, 0.3), (123_450.25, 0.05)]
)
def test_a_stall_begins_at_every_multiple_of_its_period(now: float, left: float) -> None:
    behaviour = Behaviour(stall_ms=300, stall_every_seconds=10)

    assert behaviour.stalled_seconds(now) == pytest.approx(left)
