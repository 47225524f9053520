"""What the generator itself adds to a latency and can send, and what figures are worth beside it.

The latency that a user met is the measured one less k6's own delay, of which only the distribution
is known. With M = S + D, P(S > m - d) >= P(M > m) - P(D > d): so a percentile of the service lies
no lower than the measured one less the 99th percentile of k6's own, but for that hundredth.
"""

import math
from collections.abc import Sequence

from loadlab.analysis.bounds import CEILING_SHARE
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Calibration, Figure, LoadOutcome, ResultRow

WHY_CEILING = "GeneratorCeiling"


def calibration_of(trial: TrialMeasurement) -> Calibration | None:
    """Return what a calibration found; None where nothing was answered."""
    latency, rate = trial.latency_ms, trial.load.rate_per_second
    if latency is None or rate is None:
        return None
    return Calibration(
        rate=rate,
        p50_ms=latency.med,
        p99_ms=latency.p99,
        ceiling_per_second=trial.ceiling_per_second,
    )


def less_own_delay(latency: Figure, own_ms: float) -> Figure:
    """Return a latency with its lower end, or its least value, as much lower as k6 was slow."""
    lower = {
        name: max(0.0, value - own_ms)
        for name in ("low", "least")
        if (value := getattr(latency, name)) is not None
    }
    return latency.model_copy(update=lower)


def as_measured(row: ResultRow, found: Calibration | None) -> ResultRow:
    """Return a row with the interval of its p95 as the replicates gave it: the inverse of above.

    What is left of an interval at 0 is not known any more.
    """
    p95 = row.p95_ms
    if found is None or p95 is None or p95.low is None:
        return row
    low = p95.low + found.p99_ms if p95.low > 0 else None
    return row.model_copy(update={"p95_ms": p95.model_copy(update={"low": low})})


def without_own_delay(log_ratio: float, over_ms: float, own_ms: float) -> float:
    """Return the logarithm of a ratio of latencies, had k6 added nothing to either of them.

    A delay that is in both pulls their ratio towards 1. Infinite where nothing is left of one.
    """
    over = over_ms - own_ms
    of = math.exp(log_ratio) * over_ms - own_ms
    return math.log(of / over) if of > 0 and over > 0 else math.inf


def with_calibration(rows: Sequence[ResultRow], found: Calibration | None) -> tuple[ResultRow, ...]:
    """Return the rows with no figure that says more than k6 itself allows."""
    return tuple(rows) if found is None else tuple(_held_against(row, found) for row in rows)


def _held_against(row: ResultRow, found: Calibration) -> ResultRow:
    p95, rate = row.p95_ms, row.requests_per_second
    return row.model_copy(
        update={
            "p95_ms": p95 and less_own_delay(p95, found.p99_ms),
            "requests_per_second": rate and _below_ceiling(row.load, rate, found),
        }
    )


def _below_ceiling(load: LoadOutcome | None, rate: Figure, found: Calibration) -> Figure:
    """Return the rate of a closed loop as a lower bound, where k6 can hardly send more."""
    ceiling = found.ceiling_per_second
    if load is not None or ceiling is None or rate.mean < CEILING_SHARE * ceiling:
        return rate
    return rate.as_lower_bound(WHY_CEILING)
