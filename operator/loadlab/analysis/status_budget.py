"""Keep the status within its budget: etcd and every watcher carry all of it with every change.

A hundred rows with everything are 150 KiB. Details go first, for all rows alike, and the status
says which; the LoadTrials keep every figure of every replicate.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pydantic.alias_generators import to_camel

from loadlab.analysis.claimless import claimless
from loadlab.analysis.spoiled import kind_alone
from loadlab.model.status import (
    BaselineComparison,
    Comparison,
    ComparisonOutcome,
    LoadExperimentStatus,
    ResultRow,
)

COMPARISONS = "comparisons"  # begins what is left out of them: `loadlab gate` asks for it
WITHOUT_A_CLAIM = "without a claim"  # and ends what fails no pipeline
MAX_BYTES = 60 * 1024  # of 64 KiB: what is set after the analysis must fit too
WITH_BASELINE = f"{COMPARISONS} with the baseline"
_Shorten = Callable[[LoadExperimentStatus], LoadExperimentStatus]
_Comparison = TypeVar("_Comparison", bound=Comparison)


def compared_without(figures: Sequence[str], what: str = COMPARISONS) -> tuple[str, ...]:
    """Return what is said of figures that too many cells leave no room to compare."""
    return (f"{what} in {' and '.join(figures)}",) if figures else ()


def within_budget(status: LoadExperimentStatus) -> LoadExperimentStatus:
    """Leave details out of the rows, the least missed first, until the status fits.

    What is said to be left out already stays said.
    """
    omitted = list(status.omitted)
    steps = _steps()
    while _size(status) > MAX_BYTES and (step := next(steps, None)):
        name, shorten = step
        if (shorter := shorten(status)) != status:
            omitted.append(name)
            status = shorter.model_copy(update={"omitted": tuple(omitted)})
    return status


def _size(status: LoadExperimentStatus) -> int:
    return len(json.dumps(status.dump(), separators=(",", ":")).encode())


def _steps() -> Iterator[tuple[str, _Shorten]]:
    yield f"{WITH_BASELINE} {WITHOUT_A_CLAIM}", _only_baseline_claims
    for name, shorten in _row_steps():
        yield name, _in_rows(shorten)
    yield WITH_BASELINE, lambda status: _compared_with_baseline(status, ())
    yield f"{COMPARISONS} {WITHOUT_A_CLAIM}", _only_claims
    yield "capacity in words", _without_capacity_in_words
    yield "scaling", lambda status: status.model_copy(update={"scaling": ()})
    yield COMPARISONS, lambda status: status.model_copy(update={"comparisons": ()})
    yield "recommendation but its first sentence", _first_sentence
    yield "differences from the baseline", _without_differences


def _in_rows(shorten: Callable[[ResultRow], ResultRow]) -> _Shorten:
    def shortened(status: LoadExperimentStatus) -> LoadExperimentStatus:
        return status.model_copy(update={"results": tuple(map(shorten, status.results))})

    return shortened


def _only_claims(status: LoadExperimentStatus) -> LoadExperimentStatus:
    return status.model_copy(update={"comparisons": _claims(status.comparisons)})


def _only_baseline_claims(status: LoadExperimentStatus) -> LoadExperimentStatus:
    known = status.baseline.comparisons if status.baseline else ()
    return _compared_with_baseline(status, _claims(known))


def _compared_with_baseline(
    status: LoadExperimentStatus, comparisons: tuple[BaselineComparison, ...]
) -> LoadExperimentStatus:
    known = status.baseline
    shortened = known and known.model_copy(update={"comparisons": comparisons})
    return status.model_copy(update={"baseline": shortened})


def _without_differences(status: LoadExperimentStatus) -> LoadExperimentStatus:
    known = status.baseline
    shortened = known and known.model_copy(update={"differences": ()})
    return status.model_copy(update={"baseline": shortened})


def _without_capacity_in_words(status: LoadExperimentStatus) -> LoadExperimentStatus:
    known = (each.model_copy(update={"message": ""}) for each in status.capacity)
    return status.model_copy(update={"capacity": tuple(known)})


def _claims(found: Sequence[_Comparison]) -> tuple[_Comparison, ...]:
    """Leave out what claims nothing, but one of a pair of which nothing can be claimed.

    A gate that passes by what is left must not forget that it could not have failed by that pair.
    """
    claimed = [c for c in found if c.outcome is not ComparisonOutcome.INCONCLUSIVE]
    kept = [*claimed, *claimless(found)[:1]] if claimed else []
    return tuple(c for c in found if any(c is each for each in kept))


def _first_sentence(status: LoadExperimentStatus) -> LoadExperimentStatus:
    return status.model_copy(update={"recommendation": status.recommendation[:1]})


def _row_steps() -> Iterator[tuple[str, Callable[[ResultRow], ResultRow]]]:
    yield "the figures behind reasons", _only_kinds
    yield "the stages of the response time", _without_stages
    yield "the evidence for bottlenecks", _without_evidence
    yield "failures but the most frequent one", _only_worst_failure
    yield "requests by name", _without("by_request", None)
    yield "why requests failed", _without("failures", None)
    yield "status classes", _without("status_classes", None)
    yield "how well shares of failures are known", _without_failed_interval
    yield "proof of work", _without("work", None)
    yield "memory", _without("memory_bytes", None)
    for field in (
        "sent_late_ms",
        "latency_from_send_ms",
        "open_files",
        "thread_tokens",
        "event_loop_lag_ms",
        "generator_cpu",
        "p95_ms",
    ):
        yield to_camel(field), _without(field, None)
    yield "why a rate is a bound", _without_why
    yield "cpuMicros", _without("cpu_micros", None)


def _only_kinds(row: ResultRow) -> ResultRow:
    return row.model_copy(update={"reasons": tuple(map(kind_alone, row.reasons))})


def _only_worst_failure(row: ResultRow) -> ResultRow:
    return row.model_copy(update={"failures": row.failures and row.failures[:1]})


def _without_evidence(row: ResultRow) -> ResultRow:
    found = row.bottleneck and row.bottleneck.model_copy(update={"evidence": "", "remedy": ""})
    return row.model_copy(update={"bottleneck": found})


def _without_stages(row: ResultRow) -> ResultRow:
    found = row.bottleneck and row.bottleneck.model_copy(update={"stages": ()})
    return row.model_copy(update={"bottleneck": found})


def _without_failed_interval(row: ResultRow) -> ResultRow:
    return row.model_copy(update={"failed_low": None, "failed_high": None})


def _without_why(row: ResultRow) -> ResultRow:
    rate = row.requests_per_second and row.requests_per_second.model_copy(update={"why": None})
    return row.model_copy(update={"requests_per_second": rate})


def _without(field: str, nothing: object) -> Callable[[ResultRow], ResultRow]:
    return lambda row: row.model_copy(update={field: nothing})
