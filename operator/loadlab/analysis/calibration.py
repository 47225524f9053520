"""What the generator itself adds to a latency and can send, and what figures are worth beside it.

The latency that a user met is the measured one less k6's own delay, of which only the distribution
is known. With M = S + D, P(S > m - d) >= P(M > m) - P(D > d): so a percentile of the service lies
no lower than the measured one less the 99th percentile of k6's own, but for that hundredth.
"""

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
