"""The latency of a histogram in the figures that are reported."""

from loadlab.measurement.histogram import Histogram
from loadlab.model.status import LatencyMs


def latency_ms(histogram: Histogram) -> LatencyMs | None:
    """Return mean and percentiles in milliseconds; None where nothing was recorded."""
    if not histogram.count:
        return None
    return LatencyMs(
        avg=histogram.mean_us / 1000,
        min=histogram.min_us / 1000,
        med=histogram.percentile_us(50) / 1000,
        p90=histogram.percentile_us(90) / 1000,
        p95=histogram.percentile_us(95) / 1000,
        p99=histogram.percentile_us(99) / 1000,
        max=histogram.max_us / 1000,
    )
