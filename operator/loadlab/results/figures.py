"""The figures of one trial that an expectation may speak of."""

from loadlab.model.expectations import Figure
from loadlab.results.components import SERVICE
from loadlab.results.histogram import Histogram
from loadlab.results.measurement import LatencySummary, TrialMeasurement


def figure_of(trial: TrialMeasurement, figure: Figure, request: str | None) -> float | None:
    """Return a figure of a trial, latency of one named request where asked; None if unknown."""
    service = trial.components.get(SERVICE)
    match figure:
        case Figure.REQUESTS_PER_SECOND:
            return trial.requests_per_second
        case Figure.FAILED_RATE:
            return trial.failed_rate
        case Figure.SERVICE_CPU:
            return service.cpu_micros_per_request if service else None
        case Figure.EVENT_LOOP_LAG_P99:
            return service.event_loop_lag_p99_ms if service else None
        case Figure.LATENCY_MED | Figure.LATENCY_P95 | Figure.LATENCY_P99:
            summary = LatencySummary.of(_latency(trial, request))
            percentile: str = figure.value.partition(".")[2]
            return getattr(summary, percentile) if summary else None


def _latency(trial: TrialMeasurement, request: str | None) -> Histogram:
    if request is None:
        return trial.latency
    named = trial.by_request.get(request)
    return named.latency if named else Histogram.of(())
