"""What the operator tells a Prometheus about itself; no namespace and no experiment by name.

Counters begin at 0 with each start of the process, as those of a Prometheus do: what an
experiment came to is in its status.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from loadlab import __version__
from loadlab.model.status import LoadTrialStatus, TrialPhase

SECONDS_OF_A_PASS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 120)
SECONDS_OF_A_TRIAL = (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
Phases = Callable[[], Iterable[str]]  # the phase of each experiment that is known


class Metrics:
    """The operator's metrics, in a registry of their own."""

    def __init__(self, phases: Phases = tuple) -> None:
        own = self.registry = CollectorRegistry()
        own.register(_Experiments(phases))
        Gauge("loadlab_operator_info", "Version.", ["version"], registry=own).labels(
            __version__
        ).set(1)
        self._trials = Counter(
            "loadlab_trials", "Trials that ended, by their phase.", ["phase"], registry=own
        )
        self._void = Counter(
            "loadlab_void_attempts",
            "Attempts that did not count, by why.",
            ["reason"],
            registry=own,
        )
        self._trial_seconds = Histogram(
            "loadlab_trial_seconds",
            "Seconds from the start of a trial's last attempt until its result was read.",
            buckets=SECONDS_OF_A_TRIAL,
            registry=own,
        )
        self._pass_seconds = Histogram(
            "loadlab_pass_seconds",
            "Seconds that a pass over an experiment took.",
            buckets=SECONDS_OF_A_PASS,
            registry=own,
        )
        self._failures = Counter(
            "loadlab_pass_failures", "Passes that could not do their work.", registry=own
        )
        self._requests = Counter(
            "loadlab_api_requests",
            "Requests to the API server, by its answer's code; 0 where none came.",
            ["verb", "code"],
            registry=own,
        )

    def passed(self, seconds: float) -> None:
        """Count a pass."""
        self._pass_seconds.observe(seconds)

    def failed(self) -> None:
        """Count a pass that could not do its work."""
        self._failures.inc()

    def asked(self, verb: str, code: int) -> None:
        """Count a request to the API server."""
        self._requests.labels(verb, str(code)).inc()

    def recorded(self, status: LoadTrialStatus) -> None:
        """Count what was written into a LoadTrial, where that ends it or one of its attempts."""
        phase, timings = status.phase, status.timings
        if phase is None:
            return
        if phase.is_terminal:
            self._trials.labels(phase.value).inc()
            if timings and timings.collected:
                self._trial_seconds.observe(timings.collected - timings.started)
        if phase is TrialPhase.STARTING and timings is None and status.former_attempts:
            self._void.labels(status.former_attempts[-1].reason).inc()


class _Experiments(Collector):
    """How many experiments there are in each phase, counted when somebody asks."""

    def __init__(self, phases: Phases) -> None:
        self._phases = phases

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "loadlab_experiments", "Experiments that are known, by their phase.", labels=["phase"]
        )
        for phase, number in sorted(Tally(self._phases()).items()):
            family.add_metric([phase], number)
        yield family
