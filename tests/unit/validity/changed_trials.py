"""Changes to a healthy trial, each of one thing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loadlab.measurement.durability import WriteAccount
from loadlab.measurement.failures import FailedRequests
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.sending import Sending
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage
from loadlab.measurement.values import NamedRequests, TrialMeasurement

Change = Callable[[TrialMeasurement], TrialMeasurement]


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
