"""One healthy trial, one change each: every rule fires alone and says so with both numbers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.durability import WriteAccount
from loadlab.measurement.failures import FailedRequests
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.sending import Sending
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage, Watch
from loadlab.measurement.values import NamedRequests, TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind

Change = Callable[[TrialMeasurement], TrialMeasurement]
V, S, I = Validity.VALID, Validity.SUSPECT, Validity.INVALID  # noqa: E741 the table reads better so
K = ReasonKind


def field(**values: Any) -> Change:
    return lambda trial: replace(trial, **values)


def asked(times: int) -> dict[str, int]:
    return {"iterations": times, "requests": times}


def redirected(requests: int, place: str = "/things/", **values: Any) -> Change:
    to = FailedRequests(
        status_class="3xx", text="307 Temporary Redirect", requests=requests, example=place
    )
    return field(failed=requests, failures=(to,), **values)


def opened(**values: Any) -> Change:
    """The same trial in the open model, 1000 a second offered."""

    def change(trial: TrialMeasurement) -> TrialMeasurement:
        load = replace(trial.load, open_model=True, rate_per_second=1000.0, virtual_users=50)
        return replace(trial, load=load, **values)

    return change


def sent(latency_us: int) -> Sending:
    """30,000 requests, each 2 ms late, that took so long from the send."""
    return Sending(
        lateness=Histogram.of([2_000] * 30_000), latency=Histogram.of([latency_us] * 30_000)
    )


def named(**values: Any) -> Change:
    """The same trial with requests beside its load, as many and as fast."""

    def change(trial: TrialMeasurement) -> TrialMeasurement:
        ping = NamedRequests(requests=30_000, failed=0, latency=trial.latency)
        return replace(trial, by_request={"ping": replace(ping, **values)})

    return change


def written(**values: Any) -> Change:
    account = {
        "accepted": 30_000,
        "persisted": 30_000,
        "distinct": 30_000,
        "pending": 0,
        "dead_lettered": 0,
        "drained": True,
        "drain_seconds": 0.5,
        "ids_match": True,
    }
    unanswered = values.pop("unanswered", 0)

    def change(trial: TrialMeasurement) -> TrialMeasurement:
        return replace(
            trial,
            load=replace(trial.load, writes=True),
            durability=WriteAccount(**{**account, **values}),
            unanswered=unanswered,
        )

    return change


def unaccounted(trial: TrialMeasurement) -> TrialMeasurement:
    return replace(trial, load=replace(trial.load, writes=True))


def ramping(trial: TrialMeasurement) -> TrialMeasurement:
    """A ramp of 3 s: 95 % of the users were there on average, and 95 % of the requests came."""
    load = replace(trial.load, ramp_up_seconds=3.0, duration_seconds=27.0)
    return replace(trial, load=load, iterations=28_500, requests=28_500)


def generator(**values: Any) -> Change:
    return lambda trial: replace(trial, generator=replace(trial.generator, **values))


def counted(client: float, server: int | None, seconds: float = 30.0) -> Change:
    return field(counts=RequestCounts(seconds=seconds, client=client, server=server))


def service(**values: Any) -> Change:
    return lambda trial: replace(trial, components={"service": ComponentUsage(**values)})


def worker(**values: Any) -> Change:
    return lambda trial: replace(
        trial, components=trial.components | {"worker": ComponentUsage(**values)}
    )


def running(*, note: str = "", **values: Any) -> Change:
    """A service that ran before the trial, without instruments of ours."""

    def change(trial: TrialMeasurement) -> TrialMeasurement:
        found = uninstrumented(**values)(trial)
        load = replace(found.load, deployed=False)
        return replace(found, load=load, notes=(note,) if note else ())

    return change


def uninstrumented(**values: Any) -> Change:
    """An image of the user's own: what is against it is no more than a remark."""

    def change(trial: TrialMeasurement) -> TrialMeasurement:
        return replace(service(**values)(trial), load=replace(trial.load, instrumented=False))

    return change


def beside(*, busy: float, cpus: int = 2, stolen: float = 0.0, **load: Any) -> Change:
    """CPUs that all share: k6 uses 0.1 of them, the service 0.2, and log lines 0.03."""

    def change(trial: TrialMeasurement) -> TrialMeasurement:
        usage = replace(trial.components["service"], cpus_used=0.2)
        return replace(
            trial,
            load=replace(trial.load, owns_cpus=False, **load),
            components=trial.components | {"service": usage},
            shared_cpus=CpuSetUsage(cpus=cpus, busy=busy / cpus, stolen=stolen / cpus),
        )

    return change


BROKEN = [
    ("others at work", beside(busy=1.2), K.FOREIGN_CPU, I,
     "others used 0.80 CPU of the 2 CPUs that all share, bound 0.30 CPU: 1.20 were busy"),
    ("the experiment's own use", beside(busy=1.2), K.FOREIGN_CPU, I,
     "used 0.30 (service 0.20, generator 0.10), its log at most 0.10; end the other work there"),
    ("others or an unknown part", lambda trial: worker()(beside(busy=1.2)(trial)), K.FOREIGN_CPU, V,
     "others, or worker, used 0.80 CPU"),
    ("others and the hypervisor", beside(busy=0.68, stolen=0.0399), K.FOREIGN_CPU, I,
     "hypervisor took 0.04"),
    ("others beyond what is allowed", beside(busy=1.2, foreign_cpus=0.5), K.FOREIGN_CPU, I,
     "bound 0.50"),
    ("many others on many CPUs", beside(busy=2.2, cpus=16), K.FOREIGN_CPU, I, "bound 1.60"),
    ("steal of the service's CPU", field(service_cpus=CpuSetUsage(cpus=1, busy=0.9, stolen=0.03)),
     K.CPU_STOLEN, S, "3.0%"),
    ("nothing sent", field(requests=0), K.NO_REQUESTS, I, "0 requests"),
    ("no window", field(last_answer_epoch_seconds=0.0), K.NO_REQUESTS, I, "requests in"),
    ("no success", field(latency=Histogram()), K.NO_SUCCESS, I, "none of 30000"),
    ("some redirected", redirected(3_000), K.REDIRECTED, S,
     "10.0% of the requests were answered 307 to /things/ and not served: set spec.load.request"),
    ("redirected to https", redirected(3_000, "https://shop/x"), K.REDIRECTED, S,
     "307 to https://shop/x and not served: it asks for https"),
    ("redirected in a circle", redirected(3_000, redirects_followed=30_000), K.REDIRECTED, S,
     "stops at the tenth"),
    ("all cut off", field(requests=0, iterations=0, interrupted_iterations=8), K.NO_REQUESTS, I,
     "8 were still without an answer when they were cut off: raise spec.load.gracefulStop"),
    ("hops counted as load", field(iterations=15_001, requests=30_000, mean_iteration_ms=20.0),
     K.REQUESTS_NOT_ITERATIONS, S, "30000 requests in 15001 iterations"),
    ("iterations without a request", field(iterations=30_000, requests=20_000),
     K.REQUESTS_NOT_ITERATIONS, S, "20000 requests"),
    ("mostly errors", field(failed=20_000), K.ERROR_RATE, S, "66.7%"),
    ("k6 busy", generator(cpu_share=0.85), K.GENERATOR_SATURATED, S, "85%"),
    ("threads wait", generator(sched_wait_share=0.08, sched_wait_p99_ms=0.0),
     K.GENERATOR_SATURATED, S, "waited for CPUs for 8% of their time, bound 5%"),
    ("k6 waits", generator(sched_wait_p99_ms=9.5), K.GENERATOR_SATURATED, S,
     "9.5 ms for a CPU (p99), bound 1.0 ms"),
    ("k6 throttled", generator(throttled_share=0.2), K.GENERATOR_THROTTLED, S, "20.0%"),
    ("k6 paused", generator(longest_pause_seconds=0.9), K.GENERATOR_PAUSED, S, "0.90 s (3.0%"),
    ("k6 stopped", generator(longest_pause_seconds=10.0), K.GENERATOR_PAUSED, I, "10.00 s"),
    ("sent late", opened(sending=sent(9_000)), K.SENT_LATE, S,
     "sent up to 2.0 ms late (p99): p99 is 11.0 ms from when they were planned and 9.0 ms from"),
    ("beside the load sent late", named(sending=sent(9_000)), K.SENT_LATE, S, "requests ping were"),
    ("beside the load dropped", named(dropped=2), K.SIDE_DROPPED, S, "2 planned requests ping"),
    ("few beside the load", named(latency=Histogram.of([10_000] * 600)), K.TOO_FEW_SAMPLES, V,
     "p90 (60), p95 (30), p99 (6) of ping; a percentile needs 100"),
    ("dropped", opened(dropped_iterations=3), K.DROPPED_ITERATIONS, S, "3 planned"),
    ("slow arrivals", opened(**asked(29_000)), K.RATE_NOT_REACHED, S, "966.7 of 1000.0"),
    ("users idle", field(**asked(28_000)), K.LITTLE_LAW_VIOLATED, S, "9.3 of 10.0"),
    ("users hang", field(**asked(15_000), interrupted_iterations=5), K.LITTLE_LAW_VIOLATED, I,
     "5 iterations were still without an answer when they were cut off"),
    ("users gone", field(**asked(15_000)), K.LITTLE_LAW_VIOLATED, I, "5.0 of 10.0"),
    ("server saw fewer", counted(30_000, 27_000), K.COUNT_MISMATCH, S, "27000"),
    ("server saw none", counted(30_000, 0), K.COUNT_MISMATCH, I, "the service 0"),
    ("pods apart", field(pods=2, start_skew_ms=80.0), K.PODS_NOT_TOGETHER, S, "80 ms apart"),
    ("few samples", field(latency=Histogram.of(range(1, 5001))), K.TOO_FEW_SAMPLES, S, "p99 (50)"),
    ("no instruments", field(components={}), K.INSTRUMENTS_MISSING, S, "handed in a snapshot"),
    ("nobody looked", field(others=Watch.NO_SNAPSHOT), K.OTHERS_UNSEEN, I, "one end of the meas"),
    ("CPUs given away", field(others=Watch.CPUS_CHANGED), K.OTHERS_UNSEEN, S, "given whole CPUs"),
    ("a sandbox", field(others=Watch.UNREADABLE), K.OTHERS_UNSEEN, S, "shows no /proc/stat"),
    ("own image", uninstrumented(cpu_micros_per_request=9.0), K.NO_INSTRUMENTS, V, "thread tokens"),
    ("own image unmetered", uninstrumented(), K.NO_INSTRUMENTS, V, "CPU, memory"),
    ("runs already", running(), K.NO_INSTRUMENTS, V, "nothing is claimed of its cost"),
    (
        "runs already, told",
        running(cpu_micros_per_request=9.0),
        K.NO_INSTRUMENTS,
        V,
        "tell of one process",
    ),
    (
        "runs already, not told",
        running(note="pod: start: service: SourceError: has no process_cpu_seconds_total"),
        K.NO_INSTRUMENTS,
        V,
        "not known (pod: start: service: SourceError: has no process_cpu_seconds_total)",
    ),
    ("restart", service(restarted=True), K.COMPONENT_RESTARTED, I, "service restarted"),
    ("worker restart", worker(restarted=True), K.COMPONENT_RESTARTED, S, "worker restarted"),
    ("not drained", written(drained=False), K.NOT_DRAINED, S, "0.5 s"),
    ("lost", written(persisted=29_999, distinct=29_999), K.WORK_NOT_PERSISTED, I, "1 lost"),
    ("doubled", written(persisted=30_002), K.WORK_NOT_PERSISTED, I, "2 doubled"),
    ("dead", written(distinct=29_999, persisted=29_999, dead_lettered=1), K.WORK_NOT_PERSISTED, I,
     "1 dead-lettered"),
    ("other ids", written(ids_match=False), K.WORK_NOT_PERSISTED, I, "ids are others"),
    ("rows from nowhere", written(persisted=30_005, distinct=30_005, ids_match=False),
     K.WORK_NOT_PERSISTED, I, "5 rows more"),
    ("rows of failed requests", written(persisted=30_005, distinct=30_005, ids_match=False,
     unanswered=5), K.WORK_UNACKNOWLEDGED, S, "5 rows more"),
    ("ids beyond floats", written(ids_match=False, ids_exact=False), K.WORK_NOT_VERIFIED, S,
     "unchecked by id"),
    ("no account", unaccounted, K.WORK_NOT_VERIFIED, I, "no account"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "kind", "level", "says"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_one_change_breaks_exactly_one_rule(
    healthy: TrialMeasurement, change: Change, kind: ReasonKind, level: Validity, says: str
) -> None:
    judgement = judge(change(healthy))

    assert [(r.kind, r.level) for r in judgement.reasons] == [(kind, level)]
    assert says in judgement.reasons[0].message
    assert judgement.validity is level


SOUND = {
    "others do little": beside(busy=0.6),
    "others do as much as is allowed": beside(busy=1.2, foreign_cpus=2.0),
    "a few others on many CPUs": beside(busy=1.6, cpus=16),
    "untouched": field(),
    "generator at its bound": generator(cpu_share=0.60, sched_wait_p99_ms=1.0),
    "threads at their bound": generator(sched_wait_share=0.05, sched_wait_p99_ms=0.0),
    "k6's wait is little beside the answers'": lambda trial: replace(
        generator(sched_wait_p99_ms=9.5)(trial),
        latency=Histogram.of(range(100_000, 300_000, 5)),
        iterations=1500,
        requests=1500,
        mean_iteration_ms=200.0,
        counts=None,
        status={"2xx": 1500},
    ),
    "generator late by a moment": generator(longest_pause_seconds=0.5),
    "throttling unknown": generator(throttled_share=None),
    "open model on its rate": opened(),
    "open model, late last answer": opened(last_answer_epoch_seconds=1_800_000_032.0),
    "closed model ignores drops": field(dropped_iterations=3),
    "a ramp has fewer users": ramping,
    "server count unknown": counted(30_000, None),
    "counts differ by what is in flight": counted(30_000, 28_100),
    "the service never saw the requests without an answer": lambda trial: replace(
        counted(30_000, 27_000)(trial), status=trial.status | {"err": 3000}
    ),
    "iterations cut off in their pause": field(
        iterations=29_000, requests=30_000, interrupted_iterations=1000, mean_iteration_ms=10.35
    ),
    "the service saw what was followed": lambda trial: replace(
        counted(30_000, 59_000)(trial), redirects_followed=30_000
    ),
    "window too short to compare": counted(100, 0, seconds=1.0),
    "one pod cannot be apart": field(start_skew_ms=500.0),
    "all writes persisted": written(),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND.keys())
def test_a_sound_trial_is_valid(healthy: TrialMeasurement, change: Change) -> None:
    judgement = judge(change(healthy))

    assert judgement.reasons == ()
    assert judgement.validity is Validity.VALID


def test_a_trial_of_redirects_only_says_so_first_and_is_invalid(healthy: TrialMeasurement) -> None:
    judgement = judge(redirected(30_000, latency=Histogram())(healthy))

    assert [r.kind for r in judgement.reasons] == [K.REDIRECTED, K.NO_SUCCESS]
    assert judgement.validity is I
    assert "redirects to Follow (Accept where" in judgement.reasons[0].message


def test_failures_without_success_are_told_with_their_texts(healthy: TrialMeasurement) -> None:
    cut = FailedRequests(status_class="err", text="EOF", requests=2)
    change = field(
        **asked(2), failed=2, failures=(cut,), status={"err": 2}, latency=Histogram(),
        mean_iteration_ms=150_000.0,
    )  # fmt: skip

    messages = [r.message for r in judge(change(healthy)).reasons]

    (message,) = messages
    assert message.startswith("none of 2 requests succeeded (no answer: 2): EOF (100.0%); ")
