"""Figures are spelled by one rule, wherever they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab import spelling
from loadlab.model.status import Comparison, Figure, LatencyMs
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_comparison import SYNC


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (None, "-"),
        (0.0, "0"),
        (0.000123456, "0.000123"),
        (0.6254, "0.625"),
        (8.25, "8.25"),
        (44.04, "44"),
        (99.94, "99.9"),
        (99.96, "100"),
        (441.6, "442"),
        (999.6, "1,000"),
        (12_345.4, "12,345"),
        (-1234.0, "-1,234"),
    ],
)
def test_three_digits_count_and_none_are_powers_of_ten(value, spelled):
    """12,345/s was spelled 1.234e+04, and 999.6 once 1e+03."""
    assert spelling.number(value) == spelled


@given(st.floats(1e-4, 1e9))
def test_a_number_is_spelled_to_half_a_percent(value):
    assert float(spelling.number(value).replace(",", "")) == pytest.approx(value, rel=0.00501)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (None, "-"),
        (0.0123, "0.0123"),
        (0.6908, "0.691"),
        (1.0, "1"),
        (1.0042, "1.004"),
        (0.9996, "1"),
        (1.5, "1.5"),
        (9.9994, "9.999"),
        (12.34, "12.3"),
        (4000.0, "4,000"),
    ],
)
def test_a_ratio_is_spelled_to_the_thousandth(value, spelled):
    """1.004 [1.001, 1.007] read 1 [1, 1.01] with three digits."""
    assert spelling.ratio(value) == spelled


def test_an_interval_is_spelled_as_its_mean():
    assert spelling.interval(1.0042, 1.0011, 1.0071, spelling.ratio) == "1.004 [1.001, 1.007]"
    assert spelling.interval(1518, None, 1600) == "1,518"


FIGURE = Figure(mean=1518.2, low=1402.0, high=1644.0)


@pytest.mark.parametrize(
    ("figure", "spelled", "alone"),
    [
        (FIGURE, "1,518 [1,402, 1,644]", "1,518"),
        (FIGURE.as_lower_bound("k6"), "≥ 1,518 [1,402, 1,644]", "≥ 1,518"),
        (FIGURE.as_unsound("Growing"), "-", "-"),
        (Figure(mean=5, least=4.0, most=6.0), "4 … 6", "5"),
    ],
)
def test_a_figure_is_spelled_by_its_standing(figure, spelled, alone):
    assert (spelling.figure(figure), spelling.mean(figure)) == (spelled, alone)


def test_what_is_unsound_may_say_why():
    assert spelling.figure_or_why(FIGURE.as_unsound("Growing")) == "- (Growing)"
    assert spelling.figure_or_why(FIGURE) == spelling.figure(FIGURE)
    assert spelling.figure(None) == spelling.figure_or_why(None) == "-"


def test_bounds_have_their_signs():
    assert (spelling.at_least(1053.0), spelling.at_least(1053.0, is_bound=False)) == (
        "≥ 1,053",
        "1,053",
    )
    assert spelling.bounded(20_000.0, is_bound=True) == "> 20,000"
    assert spelling.at_least(None) == spelling.bounded(None, is_bound=True) == "-"


def latency(p95: float, **bound: float) -> LatencyMs:
    return LatencyMs(avg=p95, min=p95, med=p95, p90=p95, p95=p95, p99=p95, max=p95, **bound)


def test_the_p95_of_the_best_cell_is_spelled_as_its_row_does():
    """It stood as 20000 where the row said > 20,000."""
    (row,) = rows_of([sized(SYNC, block, 100, 500, 40) for block in range(3)])
    told = {
        "plain": row.model_copy(update={"latency_ms": latency(40.0)}),
        "bound": row.model_copy(update={"latency_ms": latency(20_000.0, lower_bound_above=90.0)}),
        "late": row.model_copy(update={"latency_from_send_ms": latency(8.0)}),
    }

    assert {name: spelling.tail(found, 1.0) for name, found in told.items()} == {
        "plain": "40",
        "bound": "> 20,000",
        "late": "8 … 40",
    }
    grew = row.model_copy(update={"p95_ms": row.p95_ms and row.p95_ms.as_unsound("Growing")})
    assert spelling.tail(grew, 1.0) == "40 (Growing)"
    assert spelling.tail(None, 40.0) == "40"


@pytest.mark.parametrize(
    ("share", "spelled"), [(None, "-"), (0.0, "0%"), (0.0004, "0.04%"), (0.61, "61%")]
)
def test_small_shares_are_not_rounded_to_nothing(share, spelled):
    assert spelling.percent(share) == spelled


def test_a_share_has_its_interval_where_any_was_seen():
    assert spelling.share(0.05, 0.04, 0.06) == "5.00% [4.00%, 6.00%]"
    assert spelling.share(0.0, 0.0, 0.003) == "0%"


@pytest.mark.parametrize(
    ("duration", "spelled"), [(59.6, "1 min 0 s"), (12.2, "12 s"), (7260, "2 h 1 min")]
)
def test_durations_have_two_units(duration, spelled):
    assert spelling.seconds(duration) == spelled


def test_things_are_counted_in_groups():
    assert (spelling.counted(1, "cell"), spelling.counted(1200, "cell")) == (
        "1 cell",
        "1,200 cells",
    )
    assert spelling.mebibytes(5 * 2**30) == "5,120"
    assert spelling.chance(0.00123) == "0.0012"


@pytest.mark.parametrize(
    ("ends", "spelled"),
    [
        ((0.93, 0.87, 0.9996), "0.93 [0.87, 0.9996]"),
        ((0.93, 0.87, 0.99996), "0.93 [0.87, 0.99996]"),
        ((1.0006, 1.0002, 1.0009), "1.001 [1.0002, 1.001]"),
        ((1.0003, 1.0002, 1.0004), "1.0003 [1.0002, 1.0004]"),
        ((1.0003, 0.98, 1.02), "1 [0.98, 1.02]"),
        ((1.0, 1.0, 1.0), "1 [1, 1]"),
        ((1 + 1e-12, 1 + 1e-12, 1.1), "1 [1, 1.1]"),
    ],
)
def test_no_end_of_an_interval_is_rounded_onto_1(ends, spelled):
    """It was [0.87, 1], and Improved."""
    mean, low, high = ends

    assert spelling.interval(mean, low, high, spelling.ratio) == spelled


def test_other_figures_may_well_be_1():
    assert spelling.interval(0.9, 0.5, 0.9996) == "0.9 [0.5, 1]"


@pytest.mark.parametrize(
    ("ratio", "written"),
    [(1.0003, 1.0003), (0.99996, 0.99996), (0.93456, 0.9346), (1.0, 1.0), (1 + 1e-12, 1.0)],
)
def test_no_ratio_is_written_as_1_that_is_not_1(ratio, written):
    found = Comparison(figure="p95Ms", of="a", over="b", blocks=5, outcome="Improved", high=ratio)

    assert found.dump()["high"] == written
