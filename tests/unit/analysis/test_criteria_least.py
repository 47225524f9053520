"""The least that a lower bound may be, without what is none of the service's doing, decides."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.criteria import evaluate
from loadlab.analysis.threshold import parse_threshold
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import latency_ms
from loadlab.model.status import CriterionOutcome as Outcome
from loadlab.model.status import Figure, LoadOutcome
from loadlab.validity.generator_rules import OwnDelay
from tests.unit.analysis.test_criteria import CELL
from tests.unit.analysis.test_criteria_bounds import RATE, with_row


@pytest.mark.parametrize(
    ("changes", "whose"),
    [
        ({"own_ms": 6.0}, "less what k6 itself may have added"),
        ({"own_delay": OwnDelay(0.5, 0.0)}, "k6 was short of CPU"),
        ({"lengthened_by": "WarmUpCounted"}, "WarmUpCounted: latencies are longer"),
        ({"late": 5000}, "requests were sent late"),
    ],
)
def test_a_lower_bound_breaks_no_ceiling_by_what_is_none_of_the_services(
    changes: dict[str, Any], whose: str
) -> None:
    """One replicate that grew made a p95 of 12 ms a bound, and 10 ms of k6's own were not asked."""
    latency = CELL.row.latency_ms
    assert latency is not None
    late = changes.pop("late", None)
    row: dict[str, Any] = {"latency_ms": latency.model_copy(update={"lower_bound_above": 0.0})}
    if late:
        row["latency_from_send_ms"] = latency_ms(Histogram.of([late]))
    cell = replace(with_row(**row), percentiles_ms={95.0: Figure(mean=12.0)}, **changes)

    broken = evaluate(parse_threshold("http_req_duration", "p(95)<10"), cell)
    assert broken.outcome is Outcome.INCONCLUSIVE
    assert broken.note.startswith(whose)
    far = evaluate(parse_threshold("http_req_duration", "p(95)<1"), cell)
    assert (far.outcome is Outcome.FAILED) is ("lengthened_by" not in changes)


def test_a_ceiling_that_a_lower_bound_breaks_by_itself_is_broken() -> None:
    latency = CELL.row.latency_ms
    assert latency is not None
    bound = latency.model_copy(update={"lower_bound_above": 0.0})
    cell = replace(with_row(latency_ms=bound), percentiles_ms={95.0: Figure(mean=12.0)}, own_ms=1.0)

    found = evaluate(parse_threshold("http_req_duration", "p(95)<10"), cell)

    assert (found.outcome, found.note) == (Outcome.FAILED, "")


def test_what_lengthens_a_latency_is_no_matter_of_a_rate_nor_of_an_overload() -> None:
    bound = RATE.as_lower_bound("k6")
    limited = replace(with_row(requests_per_second=bound), lengthened_by="WarmUpCounted")
    overloaded = replace(with_row(load=LoadOutcome.OVERLOADED), lengthened_by="WarmUpCounted")

    found = evaluate(parse_threshold("http_reqs", "rate<690"), limited)
    assert (found.outcome, found.note) == (Outcome.FAILED, "")
    found = evaluate(parse_threshold("http_req_duration", "p(95)<0.001"), overloaded)
    assert (found.outcome, found.note) == (Outcome.FAILED, "")
