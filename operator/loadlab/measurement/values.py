"""The measurement of one trial: what was asked of it and what came out."""

from dataclasses import dataclass, field
from functools import partial

from loadlab.base.names import Component
from loadlab.measurement.backlog import Backlog
from loadlab.measurement.documents import Freshness, Program, Quietness
from loadlab.measurement.durability import WriteAccount
from loadlab.measurement.failures import FailedRequests
from loadlab.measurement.full_load import Ended, carried_per_second
from loadlab.measurement.histogram import HistogramText
from loadlab.measurement.latency import ALL_ANSWERED, Unanswered, latency_ms
from loadlab.measurement.own_script import ScriptFacts
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.sending import Sending
from loadlab.measurement.series import Series
from loadlab.measurement.steady_answers import (
    Asked,
    answered_within,
    answers_are_steady,
    goes_on_after,
)
from loadlab.measurement.usage import GENERATOR, ComponentUsage, CpuSetUsage, SilentTime, Watch
from loadlab.measurement.users_at_it import Users
from loadlab.measurement.work_done import WorkDone
from loadlab.model.status import LatencyMs
from loadlab.plan.expected import ExpectedWork, LoadFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRequests:
    """The requests of one name, where a trial has several."""

    requests: int
    failed: int
    latency: HistogramText  # successful answers
    without_answer: Unanswered = ALL_ANSWERED
    sending: Sending | None = None  # None where nothing was planned: users wait for answers
    dropped: int = 0  # of requests beside the load: planned, and never sent
    failures: tuple[FailedRequests, ...] = ()  # of requests beside the load

    @property
    def failed_rate(self) -> float:
        """Share of failed requests, 0..1."""
        return self.failed / self.requests if self.requests else 0.0

    @property
    def latency_ms(self) -> LatencyMs | None:
        """Percentiles; None without a successful answer, and none that was waited for."""
        return latency_ms(self.latency, self.without_answer)

    @property
    def from_send_ms(self) -> LatencyMs | None:
        """The same from the send; None where it is not told."""
        return latency_ms(self.sending.latency, self.without_answer) if self.sending else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorLoad:
    """How hard k6 itself worked; shares are of the busiest pod."""

    cpu_share: float  # of its CPUs
    throttled_share: float | None = None  # of its time; None where the cgroup could not be read
    sched_wait_p99_ms: float  # 0 where single waits are not told
    sched_wait_share: float | None = None  # of its CPUs' time; None where single waits are told
    longest_pause_seconds: float = 0.0  # in which not even k6's output came to its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class SideLoad:
    """The light requests that were sent beside the load, at a rate of their own."""

    names: tuple[str, ...]
    series: Series | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMeasurement:
    """One trial, all pods merged."""

    load: LoadFacts
    pods: int
    first_request_epoch_seconds: float
    last_answer_epoch_seconds: float
    requests: int
    failed: int
    iterations: int
    dropped_iterations: int
    interrupted_iterations: int = 0  # cut off at the end
    redirects_followed: int = 0  # answers on the way to others: no requests of their own
    connections: int = 0  # made for a request; also where a generator does not tell
    mean_iteration_ms: float
    iterations_seconds: float = 0.0  # from the begin of the first to the end of the last; 0: untold
    # Successful answers, to the last byte: from asking for a connection; of planned requests from
    # the moment that they were planned for.
    latency: HistogramText
    without_answer: Unanswered = ALL_ANSWERED  # cut off ones included
    sending: Sending | None = None  # of planned requests
    status: dict[str, int]  # requests by status class; err had no answer
    failures: tuple[FailedRequests, ...] = ()  # the most frequent first
    start_skew_ms: float  # between the pods' first requests
    first_sample_skew_ms: float  # between the pods' first answers
    components: dict[str, ComponentUsage]  # the generator included
    leaves_out_costs: bool = False  # of work that a queue put off, and was not counted when done
    costs_per_row: bool = False  # that a worker wrote; else per request that succeeded
    generator: GeneratorLoad
    unanswered: int = 0  # requests of warm-up and measurement that failed or were cut off
    left_of_warm_up: int = 0  # requests that the service still worked on, at least
    counts: RequestCounts | None = None
    durability: WriteAccount | None = None
    refused: tuple[str, ...] = ()  # what stores refused or lost meanwhile, as they told it
    noted: tuple[str, ...] = ()  # … by which no work is missing
    work: WorkDone | None = None
    by_request: dict[str, NamedRequests] = field(default_factory=dict)
    freshness: Freshness | None = None
    shared_cpus: CpuSetUsage | None = None  # of the steward's node
    others: Watch = Watch.SEEN  # whether it was seen what they used
    service_cpus: CpuSetUsage | None = None  # on which the service may run
    quietness: Quietness | None = None  # before the load
    cut_off: tuple[str, ...] = ()  # deployed components that the steward could not reach
    silences: dict[str, SilentTime] = field(default_factory=dict)  # of deployed components
    notes: tuple[str, ...] = field(default=())
    ran: dict[str, RanAs] = field(default_factory=dict)  # by component; empty where not looked at
    series: Series | None = None  # of the load; None where the generator tells none
    backlog: Backlog | None = None  # of an open model, at full load; None where it is not told
    ended: Ended | None = None  # of an open model, at full load; None where it is not told
    side: SideLoad | None = None
    ceiling_per_second: float | None = None  # of a calibration: requests of k6 against nothing
    program: Program | None = None  # that made the load
    script: ScriptFacts | None = None  # of the user's own; None where the requests are ours

    @property
    def expected(self) -> ExpectedWork | None:
        """What must be seen to have happened."""
        return self.load.expected

    @property
    def cpu_limits(self) -> dict[str, float]:
        """CPUs of each component where they are limited, as it ran; else as it was asked for."""
        ran = {name: found.cpu_limit for name, found in self.ran.items()}
        if (service := self.ran.get(Component.SERVICE)) is not None:  # its pods are one service
            ran[Component.SERVICE] = service.cpu_limit_of_all
        known: dict[str, float | None] = {**self.load.cpu_limits, **ran}
        return {name: limit for name, limit in known.items() if limit is not None}

    @property
    def owns_cpus(self) -> bool:
        """Whether the service had CPUs of its own: asked for, and not seen otherwise."""
        return self.load.owns_cpus and not self.why_cpus_shared

    @property
    def why_cpus_shared(self) -> str:
        """Why a service that was to own its CPUs did not; empty where nothing speaks against it."""
        service, usage = self.ran.get(Component.SERVICE), self.components.get(Component.SERVICE)
        if not self.load.owns_cpus or service is None:
            return ""
        allowed, online = (usage.cpus_allowed, usage.cpus_online) if usage else (None, None)
        return service.why_not_alone(allowed, online)

    def cpus_used_by(self, name: str) -> float | None:
        """CPU seconds a second of a component; None where it is unknown."""
        usage = self.components.get(name)
        if usage is None:
            return None
        if name == GENERATOR and usage.cpu_micros_per_request is not None:
            return usage.cpu_micros_per_request * self.seen_per_second / 1e6
        return usage.cpus_used

    @property
    def answered_seconds(self) -> float:
        """From the first request's start to the last answer's end."""
        return self.last_answer_epoch_seconds - self.first_request_epoch_seconds

    @property
    def window_seconds(self) -> float:
        """The time that the requests took: up to the last answer, or while users were at it.

        Users of a closed loop are at it for as long as their iterations take, and no shorter than
        the load (loadlab.measurement.users_at_it).
        """
        load = self.load
        if load.open_model or load.own_scenarios or not load.virtual_users:
            return self.answered_seconds
        until = Users(load.virtual_users, self.interrupted_iterations).were_at_it(
            self.iterations,
            self.mean_iteration_ms / 1000,
            ramp_seconds=load.ramp_up_seconds,
            loaded=(self.first_request_epoch_seconds, self.loaded_seconds),
            series=self.series,
        )
        return min(until, max(self.loaded_seconds, self.answered_seconds, self.iterations_seconds))

    @property
    def loaded_seconds(self) -> float:
        """For how long there was a load: as planned where its end cut requests off.

        Of scenarios of a script and of a given number of iterations only the answers tell; so they
        do of a generator that waits for none, which tells when it cut them off.
        """
        load, planned = self.load, self.load.ramp_up_seconds + self.load.duration_seconds
        cuts_off = not load.graceful_stop_ms and not self.iterations_seconds
        if load.own_scenarios or load.iterations is not None or cuts_off:
            return self.answered_seconds
        if self.interrupted_iterations:
            return planned
        return min(max(self.answered_seconds, self.iterations_seconds), planned)

    @property
    def requests_per_second(self) -> float:
        """Requests that succeeded, a second of the load."""
        return self._per_second(self.requests - self.failed, self.ended.good if self.ended else 0)

    @property
    def finished_per_second(self) -> float:
        """Requests that ended, however they did, a second of the load."""
        return self._per_second(self.requests, self.ended.requests if self.ended else 0)

    def _per_second(self, requests: int, at_full_load: int) -> float:
        if self.window_seconds <= 0:
            return 0.0
        rate, ended = requests / self.window_seconds, self.ended
        if ended is None:
            return rate
        planned = requests / self.load.full_load_seconds
        if self.backlog and not self.dropped_iterations and self.backlog.is_kept(self.load):
            return planned
        return carried_per_second(at_full_load / ended.seconds, rate, planned)

    @property
    def seen_per_second(self) -> float:
        """Requests of the load that ended between the snapshots, a second of that time.

        What the snapshots tell goes with them. All that ended goes with the window, which one slow
        answer after the load makes longer: what was busy in between would look idle, or another's.
        """
        counts = self.counts
        if counts is None or counts.seconds <= 0 or not counts.load:
            return self.finished_per_second
        return counts.load / counts.seconds

    @property
    def failed_rate(self) -> float:
        """Share of failed requests, 0..1."""
        return self.failed / self.requests if self.requests else 0.0

    @property
    def latency_ms(self) -> LatencyMs | None:
        """Percentiles; None without a successful answer, and none that was waited for."""
        return latency_ms(self.latency, self.without_answer)

    @property
    def from_send_ms(self) -> LatencyMs | None:
        """Percentiles from the send; None where it is not told."""
        return latency_ms(self.sending.latency, self.without_answer) if self.sending else None

    @property
    def achieved_rate(self) -> float | None:
        """Iterations a second of the planned time, comparable to the offered rate; open model."""
        is_offered = self.load.rate_per_second is not None
        return self.iterations / self.load.full_load_seconds if is_offered else None

    @property
    def full_load_epoch_seconds(self) -> tuple[float, float]:
        """From the end of the ramp to the end of the load, or to the last answer before it."""
        start = self.first_request_epoch_seconds + self.load.ramp_up_seconds
        return start, min(self.last_answer_epoch_seconds, start + self.load.duration_seconds)

    @property
    def answers_are_steady(self) -> bool:
        """Whether its answers show no queue that grows; False also where nothing is known."""
        if self.series is None or not self.iterations:
            return False
        start, end = self.full_load_epoch_seconds
        asked = Asked(
            since_epoch_seconds=start,
            requests_per_second=self.requests / self.load.full_load_seconds,
            mean_seconds=self.latency.mean_us / 1e6,
            requests_each=max(1.0, self.requests / self.iterations),
            known_within=partial(
                answered_within, self.latency, self.mean_iteration_ms, self.requests
            ),
        )
        width, over = self.series.bin_seconds, start + self.load.duration_seconds
        after = [line for line in self.series.lines() if line.at >= over]
        steady = answers_are_steady(self.series.between(start, end), width, asked)
        return steady and not goes_on_after(after, width, asked, over)
