"""The percentiles that criteria ask for: of each replicate one, and how well it is known."""

from collections.abc import Iterable, Mapping

from loadlab.analysis.percentile_ends import LONGEST, Leeway, PercentileEnds, leeway_of
from loadlab.analysis.statistics import estimate_to_decide_by
from loadlab.measurement.latency import Latency
from loadlab.model.status import Figure


class PercentileSum:
    """Percentiles of one replicate after the other; no histogram is held."""

    def __init__(self, percents: Iterable[float]) -> None:
        self._values_ms: dict[float, list[float]] = {}
        self._ends: dict[float, list[PercentileEnds]] = {}
        self.ask_for(percents)

    def ask_for(self, percents: Iterable[float]) -> None:
        """Look at more percentiles, of what is added from here on."""
        for percent in percents:
            self._values_ms.setdefault(percent, [])

    def add(self, latency: Latency) -> None:
        """Add the latencies of one more replicate; one without any adds nothing."""
        if not latency.count:
            return
        for percent, values in self._values_ms.items():
            values.append(latency.percentile_ms(percent))
            if percent < LONGEST:  # of those that were measured the longest is known
                ends = PercentileEnds.of_latency(latency, percent)
                self._ends.setdefault(percent, []).append(ends)

    def figures_ms(self) -> Mapping[float, Figure]:
        """Return each as it is to be decided by, by the percent."""
        found = {p: estimate_to_decide_by(sorted(v)) for p, v in self._values_ms.items()}
        return {percent: figure for percent, figure in found.items() if figure}

    def leeways(self) -> Mapping[float, Leeway]:
        """Return what the requests of all replicates leave of each, by the percent."""
        found = {percent: leeway_of(ends) for percent, ends in self._ends.items()}
        return {percent: leeway for percent, leeway in found.items() if leeway}
