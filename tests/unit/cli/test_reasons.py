"""Why nothing is claimed is said once for each kind of reason, with the first of its figures."""

from loadlab.cli.comparisons import reasons
from loadlab.model.status import Comparison, ComparisonOutcome


def unclaimed(*whys: str) -> list[str]:
    pair = {"figure": "p95Ms", "of": "a", "over": "b", "blocks": 5}
    found = [Comparison(outcome=ComparisonOutcome.INCONCLUSIVE, why=why, **pair) for why in whys]
    return list(reasons(found))


def test_reasons_that_differ_by_their_figures_are_one() -> None:
    assert unclaimed("at 200 and 2,000 requests/s", "at 200 and 3.5 requests/s", "a bound") == [
        "No claim in 2 of 3 comparisons: such as at 200 and 2,000 requests/s",
        "No claim in 1 of 3 comparisons: a bound",
    ]


def test_the_same_reason_is_told_as_it_is() -> None:
    assert unclaimed("at 200 and 2,000 requests/s", "at 200 and 2,000 requests/s") == [
        "No claim in 2 of 2 comparisons: at 200 and 2,000 requests/s"
    ]
