"""Student's t, F and the beta distribution, held against scipy 1.17.1."""

import math

import pytest

from loadlab.analysis.statistics import f_tail, incomplete_beta, t_quantile, two_tails

# Of scipy.stats: t.ppf at (1 + confidence) / 2.
QUANTILES = {
    (1, 0.95): 12.706204736174694,
    (2, 0.9): 2.9199855803537242,
    (2.5, 0.95): 3.5746548420036817,
    (3, 0.95): 3.1824463052837078,
    (7.3, 0.99): 3.451031655622185,
    (40, 0.8): 1.3030770526071949,
    (40, 0.5): 0.6806727171644491,
    (1, 0.1): 0.15838444032453658,
    (1e6, 0.95): 1.959966356814107,
    (1, 0.9999): 6366.197671316637,
}
# Of scipy.stats: twice t.sf(t, degrees).
TAILS = {
    (0.0, 3): 1.0,
    (0.1, 1): 0.936548965138893,
    (1.0, 1): 0.5,
    (2.5, 2): 0.12961172022151082,
    (3.3, 7.5): 0.011891634562261168,
    (40.0, 5): 1.8411962171772954e-07,
    (1.96, 1e6): 0.04999606758526985,
    (12.0, 150): 1.1118086554433674e-23,
}
# Of scipy.stats: f.sf(f, above, below).
F_TAILS = {
    (0.0, 2, 3): 1.0,
    (1.0, 1, 1): 0.5,
    (3.5, 2, 10): 0.07042962777237427,
    (0.2, 7, 4): 0.9681229638020076,
    (12.5, 3, 60): 1.879780811745859e-06,
    (1.1, 500, 900): 0.11111205477552247,
}
# Of scipy.special: betainc(a, b, x).
BETA = {
    (0.0, 2.0, 3.0): 0.0,
    (1.0, 2.0, 3.0): 1.0,
    (0.2, 0.5, 0.5): 0.2951672353008665,
    (0.5, 2.0, 3.0): 0.6875,
    (0.9, 10.0, 0.5): 0.15164090963470994,
    (0.01, 0.5, 40.0): 0.6286139767460155,
    (0.4, 300.0, 500.0): 0.9270784080074681,
    (0.3, 8.5, 1.2): 5.7182053345131436e-05,
    (0.999, 2.0, 2.0): 0.999997002,
    (0.37, 2e6, 3.4e6): 0.03733928929914574,
}


@pytest.mark.parametrize(("point", "expected"), QUANTILES.items())
def test_quantiles_of_t_are_scipys(point, expected) -> None:
    assert t_quantile(*point) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("point", "expected"), TAILS.items())
def test_tails_of_t_are_scipys(point, expected) -> None:
    assert two_tails(*point) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("point", "expected"), F_TAILS.items())
def test_tails_of_f_are_scipys(point, expected) -> None:
    assert f_tail(*point) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("point", "expected"), BETA.items())
def test_the_beta_distribution_is_scipys(point, expected) -> None:
    assert incomplete_beta(*point) == pytest.approx(expected, rel=1e-6)


def test_near_one_it_is_the_arcsine_law() -> None:
    """Where the fraction takes thousands of terms: I_x(1/2, 1/2) = 2/pi arcsin(sqrt(x))."""
    x = 0.99999

    assert incomplete_beta(x, 0.5, 0.5) == pytest.approx(
        2 / math.pi * math.asin(math.sqrt(x)), rel=1e-9
    )


@pytest.mark.parametrize("degrees", [0.5, 0.99])
def test_less_than_one_degree_has_no_quantile(degrees: float) -> None:
    with pytest.raises(ValueError, match="needs at least 1"):
        t_quantile(degrees)
