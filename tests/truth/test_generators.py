"""Every generator at the same number of users, held against the closed loop that the truth gives.

In a closed loop a user sends when it has its answer: of N users with a mean response time of R
there are N / R requests/s (Little's law), and a stall keeps each user from sending more than once.
What HTTP, the network and the client add is known from a cell that waits and does nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import log
from statistics import fmean

import pytest

from loadlab.analysis.estimate import Deviation
from loadlab.analysis.statistics import standard_error, t_quantile
from loadlab.analysis.welch import welch
from loadlab.measurement.histogram import Histogram
from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

GENERATORS = ["k6", "wrk", "hey", "locust", "locust-http"]
USERS = 16
SECONDS = 6  # of a measurement: whole periods of the stall
WAIT_MS = 50
WITHIN = {"k6": 0.01}  # of each figure, and of others 2 %; or half a millisecond
ABSOLUTE_MS = 0.5
# Beside a stall the p95 is what is the p97.7 without one. Of a process of Locust that differs by
# 2 % from trial to trial (52.4 to 57.1 ms were seen), and of k6 by 1 % from one experiment to the
# next: so behaviours take turns. Where their trials tell tails apart at all, by Welch's test, these
# may differ by as much as the rest.
TURNS = (0, 1, 1, 0)  # what drifts meets both alike
STALL_MS, PERIOD_MS = 240, 2000
TESTED = {"med": 50.0, "p90": 90.0, "p95": 95.0}
PATIENCE = 600
BASE: Json = {"workload": "reference", "variants": [{"name": "async"}], "replicates": 2}
CLOSED: Json = {"generator": GENERATORS, "virtualUsers": [USERS]}


@dataclass(frozen=True)
class Found:
    """What a generator's trials of one behaviour came to."""

    trials: tuple[Histogram, ...]
    per_second: float
    failed: float  # requests
    requests: int
    served: int  # as the service counts, in the window that both know
    counted: float  # as the generator does
    micros: float  # of the generator's CPU, for a request
    reasons: tuple[str, ...]

    @cached_property
    def latency(self) -> Histogram:
        return Histogram.merged(self.trials)

    def ms(self, percent: float) -> float:
        return self.latency.percentile_us(percent) / 1000

    def logs(self, percent: float) -> list[float]:
        """Return the logarithm of each trial's percentile."""
        return [log(trial.percentile_us(percent)) for trial in self.trials]

    @property
    def mean_ms(self) -> float:
        return self.latency.mean_us / 1000


def test_each_meets_a_fixed_delay(lab: Lab, measured):
    waits = run(lab, "")
    longer = run(lab, "", wait_ms=2 * WAIT_MS)
    assert set(waits) == set(longer) == set(GENERATORS)

    wrong = []
    for name, found in longer.items():
        plain = waits[name]
        expected = {each: plain.ms(percent) + WAIT_MS for each, percent in TESTED.items()}
        wrong += compare(name, found, expected)
        wrong += compare_rate(name, found, plain.mean_ms + WAIT_MS)
    say_costs(measured, 12, waits, wrong)


def test_each_meets_a_mixture(lab: Lab, measured):
    """Against one whose slow ones take half as long: they let users get out of step as much."""
    share, half, slow = 0.02, 100, 200
    of_half, found_by = side_by_side(
        lab, *(f"&slow_ms={ms}&slow_permille={share * 1000:.0f}" for ms in (half, slow))
    )

    wrong, said = [], []
    for name, found in found_by.items():
        plain = of_half[name]
        said.append(f"{name} p95 {found.ms(95):.2f} for {plain.ms(95):.2f} ms")
        wrong += compare(name, found, {"p99": slow - half + plain.ms(99)})
        wrong += compare_tail(name, found, plain, 1.0)
        wrong += compare_rate(name, found, plain.mean_ms + share * (slow - half))
    say(measured, 13, found_by, wrong, "; ".join(said))


def test_each_misses_the_stall_that_an_open_model_sees(lab: Lab, measured):
    stall = f"&stall_ms={STALL_MS}&stall_every_seconds={PERIOD_MS // 1000}"
    waits, found_by = side_by_side(lab, "", stall)
    (rate,) = {round(fmean(found.per_second for found in found_by.values()))}
    opened = run_open(lab, stall, rate)

    wrong, said = [], []
    # Evenly coming requests see the rest of the stall: S/N of them, uniformly (truth.py).
    seen = WAIT_MS + STALL_MS - 0.05 * PERIOD_MS
    for name, found in found_by.items():
        plain = waits[name]
        # Each user sends one request into a stall, and else one after the other: with as many as
        # these the 95th percentile is one of theirs.
        each = (PERIOD_MS - STALL_MS) / plain.mean_ms
        others = 1 - 1 / (each + 0.5)
        wrong += compare_tail(name, found, plain, others)
        said.append(f"{name} p95 {found.ms(95):.2f} for {plain.ms(95 / others):.2f} ms")
        least, most = (USERS * number * 1000 / PERIOD_MS for number in (each, each + 1))
        if not 0.98 * least <= found.per_second <= 1.02 * most:
            wrong.append(f"{name}: {found.per_second:.1f}/s, not {least:.1f} to {most:.1f}")
        if found.ms(95) > seen / 2:
            wrong.append(f"{name}: p95 {found.ms(95):.1f} ms, of {seen:g} that arrivals meet")
    open_p95 = opened.ms(95)
    if abs(open_p95 - seen) > 0.05 * seen:
        wrong.append(f"open model: p95 {open_p95:.1f} ms, not {seen:g}")
    said.append(f"open model at {rate}/s: p95 {open_p95:.1f} for {seen:g} ms")
    say(measured, 14, found_by, wrong, "; ".join(said))


def test_each_counts_three_percent_of_errors_and_what_the_service_counts(lab: Lab, measured):
    found_by = run(lab, "&error_permille=30")

    wrong, said = [], []
    for name, found in found_by.items():
        edges = 2 * 2 * USERS  # in flight at either edge of two windows
        said.append(
            f"{name} {found.failed:.0f} of {found.requests:,} failed, "
            f"{found.counted:,.0f} for the service's {found.served:,}"
        )
        if abs(found.failed - 0.03 * found.requests) > edges:
            wrong.append(f"{name}: {found.failed} of {found.requests} failed, not 3 %")
        if abs(found.counted - found.served) > edges or "CountMismatch" in found.reasons:
            wrong.append(f"{name}: {found.counted:.0f}, and the service {found.served}")
    measured(15, "; ".join(said))
    assert not wrong, "\n".join(wrong)


def compare_tail(name: str, found: Found, plain: Found, share: float) -> list[str]:
    """Hold percentiles against those of this share of the requests, which is as the plain ones."""
    expected = {each: percent / share for each, percent in TESTED.items()}
    told = {
        each: plain.ms(percent)
        for each, percent in expected.items()
        if each == "med" or is_another(plain.logs(percent), found.logs(TESTED[each]))
    }
    return compare(name, found, told)


def is_another(some: list[float], others: list[float]) -> bool:
    """Whether trials tell two cells apart: Welch's t-test at 5 %."""
    known = welch(*(Deviation(standard_error(each), len(each) - 1) for each in (some, others)))
    return abs(fmean(some) - fmean(others)) > t_quantile(known.degrees) * known.error


def compare(name: str, found: Found, expected: dict[str, float]) -> list[str]:
    """Return the percentiles that are neither near enough as a share nor in milliseconds."""
    wrong, share = [], WITHIN.get(name, 0.02)
    for each, ms in expected.items():
        got = found.ms({**TESTED, "p99": 99.0}[each])
        if abs(got - ms) > max(share * ms, ABSOLUTE_MS):
            wrong.append(f"{name}: {each} {got:.2f} ms, not {ms:.2f}")
    return wrong


def compare_rate(name: str, found: Found, mean_ms: float) -> list[str]:
    """Whether N users made N / R requests/s of a mean response time of R."""
    expected = USERS * 1000 / mean_ms
    if abs(found.per_second / expected - 1) <= 0.02:
        return []
    return [f"{name}: {found.per_second:.1f} requests/s, not {expected:.1f}"]


def say(
    measured, number: int, found_by: dict[str, Found], wrong: list[str], also: str = ""
) -> None:
    said = [
        f"{name} {found.per_second:.1f}/s, p50 {found.ms(50):.2f}, p95 {found.ms(95):.2f}, "
        f"p99 {found.ms(99):.2f} ms"
        for name, found in found_by.items()
    ]
    measured(number, "; ".join([*said, *([also] if also else [])]))
    assert not wrong, "\n".join(wrong)


def say_costs(measured, number: int, found_by: dict[str, Found], wrong: list[str]) -> None:
    costs = ", ".join(f"{name} {found.micros:.0f}" for name, found in found_by.items())
    say(measured, number, found_by, wrong, f"µs of the generator's CPU a request: {costs}")


def run(lab: Lab, behaviour: str, wait_ms: int = WAIT_MS) -> dict[str, Found]:
    """Run a behaviour by each generator, in one experiment: what their trials came to."""
    by = trials_of(lab, behaviour, wait_ms)
    return {name: found_of(by[name]) for name in GENERATORS}


def side_by_side(lab: Lab, *behaviours: str) -> Iterator[dict[str, Found]]:
    """Run two behaviours by turns, and yield what the trials of each came to, by generator."""
    gathered: list[dict[str, list[Json]]] = [{name: [] for name in GENERATORS} for _ in behaviours]
    for turn in TURNS:
        for name, found in trials_of(lab, behaviours[turn]).items():
            gathered[turn][name] += found
    for by in gathered:
        yield {name: found_of(found) for name, found in by.items()}


def trials_of(lab: Lab, behaviour: str, wait_ms: int = WAIT_MS) -> dict[str, list[Json]]:
    path = f"/reference?delay_ms={wait_ms}{behaviour}"
    factors = CLOSED | {"delayMs": [wait_ms]}
    return trials(lab, {"factors": factors, "load": {"request": request(path)}})


def run_open(lab: Lab, behaviour: str, rate: int) -> Found:
    """The same behaviour met by requests that come whatever the answers are."""
    path = f"/reference?delay_ms={WAIT_MS}{behaviour}&request_id=${{request_id}}"
    load = {"executor": "constant-arrival-rate", "request": request(path)}
    return found_of(trials(lab, {"factors": {"rate": [rate]}, "load": load})["k6"])


def request(path: str) -> Json:
    return {"method": "POST", "path": path}


def trials(lab: Lab, spec: Json) -> dict[str, list[Json]]:
    """Run an experiment; its trials by generator."""
    lab.delete("agree")
    load = {"warmup": "2s", "duration": f"{SECONDS}s"} | spec["load"]
    lab.submit("agree", **(BASE | spec | {"load": load}))
    status = lab.wait("agree", PATIENCE)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    found: dict[str, list[Json]] = {}
    for trial in lab.trials("agree").values():
        if trial["spec"]["role"] == "Measured":
            assert trial["status"]["phase"] == "Succeeded", trial["status"]
            found.setdefault(trial["spec"]["cell"].get("generator", "k6"), []).append(trial)
    return found


def found_of(of_one: list[Json]) -> Found:
    each = [trial["status"]["measurement"]["measurement"] for trial in of_one]
    counts = [one["counts"] for one in each]
    reasons = [trial["status"]["measurement"]["judgement"]["reasons"] for trial in of_one]
    seconds = [
        one["last_answer_epoch_seconds"] - one["first_request_epoch_seconds"] for one in each
    ]
    return Found(
        trials=tuple(Histogram.decode(one["latency"]) for one in each),
        per_second=sum(one["requests"] for one in each) / sum(seconds),
        failed=sum(one["failed"] for one in each),
        requests=sum(one["requests"] for one in each),
        served=sum(one["server"] for one in counts),
        counted=sum(one["client"] for one in counts),
        micros=fmean(one["components"]["generator"]["cpu_micros_per_request"] for one in each),
        reasons=tuple(str(reason["kind"]) for found in reasons for reason in found),
    )
