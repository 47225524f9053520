"""Pod reports -> TrialMeasurement. One missing or broken pod voids the whole trial, because the
percentiles of the surviving pods are not those of the fleet.

Latency is taken from `http_req_total` (waiting for a connection, connecting and the request
itself) of the 2xx and 3xx answers. `http_req_duration` leaves out the wait for a connection,
which is where a saturated service makes its users queue, and is 0 for a refused connection, so
that errors would pull percentiles down (docs/method.md#latency). Requests that were waited for in
vain are counted beside it, see `without_answer`. Of an open model it is `http_req_from_intended`,
see `sending`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

from loadlab.base.text import fit
from loadlab.measurement.backlog import backlog_of
from loadlab.measurement.completed_work import (
    Completed,
    completed_costs,
    puts_off,
    rows_written,
)
from loadlab.measurement.documents import (
    MEASURED_SCENARIO,
    Account,
    K6Document,
    Scenario,
    Snapshot,
)
from loadlab.measurement.durability import account_for, told_by_stores
from loadlab.measurement.failures import KEPT, failures_of, most_frequent
from loadlab.measurement.full_load import ended_at_full_load
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.own_script import script_facts
from loadlab.measurement.plausible import without_what_cannot_be
from loadlab.measurement.pod_log import PodProblem, PodReport
from loadlab.measurement.problems import never_measured, problems_of, was_measured
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.request_counts import RequestCounts, count_requests
from loadlab.measurement.requests_by_name import named_requests, side_load
from loadlab.measurement.restarts import begun_anew, mark_restarted
from loadlab.measurement.scenario_sums import ceiling_of, iterations_seconds, sums_of
from loadlab.measurement.sending import SplitLatency
from loadlab.measurement.series import merge_series
from loadlab.measurement.usage import (
    GENERATOR,
    ComponentUsage,
    cut_off_components,
    ended_components,
    measure_components,
    measure_service_cpus,
    measure_shared_cpus,
    silent_times,
    watch_of,
)
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.measurement.warm_up import left_of_warm_up
from loadlab.measurement.without_answer import what_is_unknown, without_answer
from loadlab.measurement.work_done import work_between
from loadlab.plan.expected import LoadFacts

MOST_NOTES = 20
LONGEST_NOTE = 300  # characters: what a component answered instead of its figures may be a page


@dataclass(frozen=True, slots=True)
class VoidTrial:
    """A trial without a measurement, and why."""

    problems: tuple[PodProblem, ...]


def measure_trial(
    reports: Sequence[PodReport],
    expected_pods: int,
    load: LoadFacts,
    ran: Mapping[str, RanAs] = MappingProxyType({}),
) -> TrialMeasurement | VoidTrial:
    """Merge the reports of all k6 pods of one run, beside what its components ran as."""
    again = frozenset(name for name, each in ran.items() if each.restarted)
    reports = [begun_anew(_believed(report, load), again) for report in reports]
    problems = problems_of(reports, expected_pods)
    documents = [report.document for report in reports if report.document is not None]
    if problems or not any(map(was_measured, documents)):
        return VoidTrial(problems or (never_measured(),))
    return replace(_merged(reports, load, ran), script=script_facts(documents))


def _believed(report: PodReport, load: LoadFacts) -> PodReport:
    if report.start is None or report.end is None:
        return report
    start, end = without_what_cannot_be(report.start, report.end, load.cpu_limits)
    return replace(report, start=start, end=end)


def _merged(
    reports: Sequence[PodReport], load: LoadFacts, ran: Mapping[str, RanAs]
) -> TrialMeasurement:
    documents = [report.document for report in reports if report.document is not None]
    scenarios = [d.scenarios[MEASURED_SCENARIO] for d in documents if was_measured(d)]
    start, end, account = _edges_and_account(reports)
    counts = count_requests(start, end, documents) if start and end else None
    costs = _costs(reports, documents, load)
    started, iteration_ms = _started(scenarios), _merged_iterations(scenarios).mean_us / 1000
    began = min(s.schedule_start_us or s.first_start_us for s in started) / 1e6
    found = SplitLatency.of([split for s in scenarios for split in s.splits])
    return TrialMeasurement(
        load=load,
        ran=dict(ran),
        pods=len(documents),
        first_request_epoch_seconds=min(s.first_start_us for s in started) / 1e6,
        last_answer_epoch_seconds=max(s.last_sample_us for s in started) / 1e6,
        **sums_of(scenarios),
        mean_iteration_ms=iteration_ms,
        iterations_seconds=iterations_seconds(scenarios),
        latency=found.latency,
        sending=found.sending,
        without_answer=without_answer(scenarios, load),
        status=_merged_status(scenarios),
        failures=most_frequent((f for s in scenarios for f in failures_of(s)), KEPT),
        start_skew_ms=_spread_ms([s.schedule_start_us or s.first_start_us for s in started]),
        first_sample_skew_ms=_spread_ms([s.first_sample_us for s in started]),
        components=mark_restarted(costs.components, ran) | {GENERATOR: _generator_usage(scenarios)},
        cut_off=cut_off_components(start, end, load, is_answering=bool(found.latency.count)),
        silences=silent_times(end, load),
        leaves_out_costs=costs.leaves_out_costs,
        costs_per_row=puts_off(costs.components) and _each_writes(load),
        generator=_generator_load(scenarios),
        unanswered=sum(_unanswered(d) for d in documents),
        left_of_warm_up=_left(start, started, load, documents),
        counts=counts,
        durability=account_for(documents, account),
        **told_by_stores(account),
        by_request=named_requests(documents, load),
        freshness=next((r.freshness for r in reports if r.freshness), None),
        others=watch_of(start, end),
        quietness=start.quietness if start else None,
        **_between(start, end),
        notes=_all_notes(reports, what_is_unknown(scenarios, load)),
        series=merge_series(scenarios),
        **(_of_arrivals(scenarios, began, load, iteration_ms) if load.open_model else {}),
        side=side_load(documents),
        ceiling_per_second=ceiling_of(documents),
        program=documents[0].generator,
    )


def _left(
    start: Snapshot | None,
    started: Sequence[Scenario],
    load: LoadFacts,
    documents: Sequence[K6Document],
) -> int:
    first = min(s.first_start_us for s in started) / 1e6
    return left_of_warm_up(start, first, load, documents)


def _between(start: Snapshot | None, end: Snapshot | None) -> dict[str, Any]:
    """Return what two snapshots tell that is no component's."""
    if start is None or end is None:
        return {}
    return {
        "work": work_between(start, end),
        "shared_cpus": measure_shared_cpus(start, end),
        "service_cpus": measure_service_cpus(start, end),
    }


def _of_arrivals(
    scenarios: Sequence[Scenario], began: float, load: LoadFacts, iteration_ms: float
) -> dict[str, Any]:
    """Return what is known of an open load by its plan; nothing of a script's own scenarios."""
    if load.own_scenarios:
        return {}
    ramp, seconds = load.ramp_up_seconds, load.duration_seconds
    return {
        "backlog": backlog_of([s.series for s in scenarios], began + ramp, seconds),
        "ended": ended_at_full_load(_started(scenarios), began, ramp, seconds, iteration_ms),
    }


def _started(scenarios: Sequence[Scenario]) -> Sequence[Scenario]:
    """A pod whose share of the load was too small to send anything has no first request."""
    return [s for s in scenarios if s.requests] or scenarios


def _asked(start: Snapshot, end: Snapshot, documents: Sequence[K6Document]) -> RequestCounts | None:
    """The counts to divide by: a service counts redirects that were followed as requests, too."""
    counts = count_requests(start, end, documents)
    scenarios = [found for document in documents for found in document.scenarios.values()]
    if counts is None or not any(s.redirects_followed for s in scenarios):
        return counts
    return replace(counts, server=None)


def _unanswered(document: K6Document) -> int:
    """Count the requests whose client never saw a good answer; the service may have obeyed."""
    return sum(s.failed + s.interrupted_iterations for s in document.scenarios.values())


def _edges_and_account(
    reports: Sequence[PodReport],
) -> tuple[Snapshot | None, Snapshot | None, Account | None]:
    """The edges scenario runs in one pod; the account is the same in every pod."""
    return (
        next((r.start for r in reports if r.start), None),
        next((r.end for r in reports if r.end), None),
        next((r.account for r in reports if r.account), None),
    )


def _costs(
    reports: Sequence[PodReport], documents: Sequence[K6Document], load: LoadFacts
) -> Completed:
    """Measure the components; CPU by completed work, where all of it is done and looked at."""
    start, end, account = _edges_and_account(reports)
    if start is None or end is None:
        return Completed(components={}, leaves_out_costs=False)
    rows = rows_written(start, end) if _each_writes(load) else None
    known = measure_components(start, end, _asked(start, end, documents), rows or 0.0)
    if load.deployed:  # the address of one that ran already has pods only while they are ready
        known |= ended_components(start, end)
    drained = next((r.drained for r in reports if r.drained), None)
    is_done = account is not None and account.drained and not account.pending
    if is_done and drained and puts_off(known):
        asked, each_writes = _asked(start, drained, documents), _each_writes(load)
        if found := completed_costs(known, start, drained, asked, each_writes=each_writes):
            return found
    return Completed(components=known, leaves_out_costs=puts_off(known))


def _each_writes(load: LoadFacts) -> bool:
    return load.expected is not None and load.expected.write_share == 1


def _merged_iterations(scenarios: Sequence[Scenario]) -> Histogram:
    return Histogram.merged(s.iteration_duration.hdr for s in scenarios)


def _merged_status(scenarios: Sequence[Scenario]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for scenario in scenarios:
        total.update(scenario.status)
    return dict(sorted(total.items()))


def _spread_ms(moments_us: Sequence[int]) -> float:
    return (max(moments_us) - min(moments_us)) / 1000


def _generator_usage(scenarios: Sequence[Scenario]) -> ComponentUsage:
    requests = sum(s.requests for s in scenarios)
    cpu = sum(s.generator.cpu_seconds for s in scenarios)
    return ComponentUsage(
        cpu_micros_per_request=cpu * 1e6 / requests if requests else None,
        memory_bytes=sum(s.generator.peak_rss_bytes for s in scenarios),
    )


def _generator_load(scenarios: Sequence[Scenario]) -> GeneratorLoad:
    used = [s.generator for s in scenarios if s.generator.wall_seconds > 0]
    # The kernel adds up what each of its CPUs was stopped for.
    throttled = [
        min(1.0, g.throttled_seconds / g.wall_seconds) for g in used if g.throttled_seconds
    ]
    unknown = any(g.throttled_seconds is None for g in used)
    return GeneratorLoad(
        cpu_share=max((g.cpu_share for g in used), default=0.0),
        throttled_share=max(throttled, default=None if unknown else 0.0),
        sched_wait_p99_ms=max((g.sched_wait_us_p99 or 0 for g in used), default=0) / 1000,
        sched_wait_share=max(
            (g.sched_wait_share for g in used if g.sched_wait_share is not None), default=None
        ),
        longest_pause_seconds=max((g.longest_pause_us for g in used), default=0) / 1e6,
    )


def _all_notes(reports: Sequence[PodReport], own: Iterable[str]) -> tuple[str, ...]:
    notes = chain(own, *(_notes(report) for report in reports))
    return tuple(fit(note, LONGEST_NOTE) for note in islice(notes, MOST_NOTES))


def _notes(report: PodReport) -> list[str]:
    edges = [edge for edge in (report.start, report.end) if edge]
    missing = [f"{edge.edge}: {name}: {why}" for edge in edges for name, why in edge.errors.items()]
    return [f"{report.pod}: {note}" for note in (*report.notes, *missing)]
