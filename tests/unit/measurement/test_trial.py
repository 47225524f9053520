"""All pods of a run merge into one measurement, or the trial is void."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadlab.measurement.documents import Snapshot
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.pod_log import PodReport, ProblemKind, read_pod_log
from loadlab.measurement.trial import LONGEST_NOTE, MOST_NOTES, VoidTrial, measure_trial
from loadlab.measurement.values import TrialMeasurement
from loadlab.plan.expected import LoadFacts
from loadlab.validity.judge import judge

REAL_LOG = Path(__file__).with_name("ingest-pod.log").read_text()
BuildReport = Callable[..., PodReport]


def measured(outcome: TrialMeasurement | VoidTrial) -> TrialMeasurement:
    assert isinstance(outcome, TrialMeasurement), outcome
    return outcome


def second_pod(document: dict[str, Any], values_us: list[int]) -> dict[str, Any]:
    """The same pod, 30 ms later and of the other segment."""
    other = copy.deepcopy(document)
    other["segment"] = "1/2:1"
    for key in ("firstStartUs", "firstSampleUs", "lastSampleUs"):
        other["scenarios"]["measure"][key] += 30_000
    return other


def test_a_real_pod_of_the_ingest_workload_accounts_for_every_write() -> None:
    load = LoadFacts(open_model=False, virtual_users=4, duration_seconds=4.0, writes=True)

    trial = measured(measure_trial([read_pod_log("k6-0", REAL_LOG)], 1, load))

    assert trial.requests == 2911
    assert trial.requests_per_second == pytest.approx(2911 / trial.window_seconds)
    assert trial.durability is not None
    assert trial.durability.accepted == trial.durability.persisted == 3621
    assert trial.durability.ids_match
    # Its steward did not tell yet how busy the CPUs were.
    assert [r.kind.value for r in judge(trial).reasons] == ["OthersUnseen", "TooFewSamples"]


def test_two_pods_add_up_over_the_window_of_both(
    document: dict[str, Any], values_us: list[int], report: BuildReport, load: LoadFacts
) -> None:
    first = {**document, "segment": "0:1/2"}
    reports = [report(first), report(second_pod(document, values_us), "k6-1")]

    trial = measured(measure_trial(reports, 2, load))

    assert trial.requests == 2000
    assert trial.window_seconds == pytest.approx(10.03)
    assert trial.requests_per_second == pytest.approx(2000 / 10.03)
    assert trial.start_skew_ms == trial.first_sample_skew_ms == 30.0
    assert trial.latency == Histogram.of([v + 100 for v in values_us + values_us])


def test_latency_is_the_whole_wait_of_successful_answers_only(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    measure = document["scenarios"]["measure"]
    refused = copy.deepcopy(measure["splits"][0])
    refused["class"] = "err"
    measure["splits"].append(refused)

    trial = measured(measure_trial([report(document)], 1, load))

    assert trial.latency.count == 1000
    assert trial.latency == Histogram.decode(measure["splits"][0]["http_req_total"]["hdr"])


def test_cpu_per_request_counts_a_redirect_that_was_followed_into_its_request(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    plain = measured(measure_trial([report(document)], 1, load))
    document["scenarios"]["measure"]["redirectsFollowed"] = 1000
    trial = measured(measure_trial([report(document)], 1, load))

    assert trial.redirects_followed == 1000
    assert plain.counts == trial.counts
    assert plain.counts is not None
    assert plain.counts.server is not None
    cost, before = (t.components["service"].cpu_micros_per_request or 0.0 for t in (trial, plain))
    assert cost * plain.counts.client == pytest.approx(before * plain.counts.server)


def test_cpu_per_request_divides_by_what_the_service_counted(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    trial = measured(measure_trial([report(document)], 1, load))

    service, postgres = trial.components["service"], trial.components["postgres"]
    assert service.cpu_micros_per_request == pytest.approx(500.0)
    assert postgres.cpu_micros_per_request == pytest.approx(250.0)
    assert trial.components["generator"].cpu_micros_per_request == pytest.approx(2000.0)
    assert service.event_loop_lag_p99_ms == pytest.approx(2.0)
    assert (service.processes, service.request_spread) == (2, 3.0)


def test_without_instruments_cpu_per_request_divides_by_what_k6_saw_in_that_time(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    bare = report(document)
    assert bare.start
    assert bare.end
    start = bare.start.model_copy(
        update={"components": {"postgres": bare.start.components["postgres"]}}
    )
    end = bare.end.model_copy(
        update={
            "components": {"postgres": bare.end.components["postgres"]},
            "taken_at": bare.start.taken_at + 5.0,  # half of the window: half of the requests
        }
    )

    trial = measured(
        measure_trial([PodReport("k6-0", bare.document, start=start, end=end)], 1, load)
    )

    assert trial.components["postgres"].cpu_micros_per_request == pytest.approx(500.0)
    assert trial.counts is not None
    assert trial.counts.server is None


def test_what_a_meter_beside_the_service_cannot_know_stays_unknown(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    """As the sidecar answers: container figures and processes, no requests and no lag."""
    bare = report(document)
    assert bare.start
    assert bare.end
    start, end = (
        Snapshot.model_validate(
            {
                "edge": edge.edge,
                "takenAt": edge.taken_at,
                "components": {
                    "service": {
                        "cpuSeconds": cpu,
                        "throttledSeconds": 0.0,
                        "memoryBytes": 1000,
                        "openFiles": 9,
                        "processes": [{"pid": 7, "openFiles": 4}, {"pid": 8, "openFiles": 5}],
                    }
                },
            }
        )
        for edge, cpu in ((bare.start, 1.0), (bare.end, 2.0))
    )

    trial = measured(
        measure_trial([PodReport("k6-0", bare.document, start=start, end=end)], 1, load)
    )

    service = trial.components["service"]
    assert service.cpu_micros_per_request == pytest.approx(1000.0)
    assert (service.memory_bytes, service.open_files, service.throttled_seconds) == (1000, 9, 0.0)
    assert service.request_spread is None
    assert service.event_loop_lag_p99_ms is None
    assert service.restarted is False
    assert trial.counts is not None
    assert trial.counts.server is None


def test_generator_share_is_that_of_the_busiest_pod(
    document: dict[str, Any], values_us: list[int], report: BuildReport, load: LoadFacts
) -> None:
    busy = second_pod(document, values_us)
    busy["scenarios"]["measure"]["generator"]["cpuSeconds"] = 9.0

    trial = measured(measure_trial([report(document), report(busy, "k6-1")], 2, load))

    assert trial.generator.cpu_share == pytest.approx(0.9)
    assert trial.components["generator"].memory_bytes == 140_000_000


def test_a_cpu_limit_below_the_cpus_counts_as_the_whole(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    document["scenarios"]["measure"]["generator"]["cpuLimit"] = 0.25

    trial = measured(measure_trial([report(document)], 1, load))

    assert trial.generator.cpu_share == pytest.approx(0.8)


def test_checksums_beyond_javascript_numbers_are_known_to_be_inexact(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    document["counters"] = {"accepted": 10, "accepted_id_sum": 2**53 + 1, "accepted_id_mix": 1}

    account = {"persisted": 10, "distinct": 10, "idSum": 2**53, "idMix": 1}
    trial = measured(measure_trial([report(document, **account)], 1, load))

    assert trial.durability is not None
    assert not trial.durability.ids_exact


def test_what_stores_tell_is_told_apart_by_whether_work_may_be_missing(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    told = {"refused": ["Redis refused 7 commands"], "noted": ["Redis evicted 9 keys"]}
    trial = measured(measure_trial([report(document, **told)], 1, load))

    assert (trial.refused, trial.noted) == (tuple(told["refused"]), tuple(told["noted"]))


def test_durability_compares_counts_and_checksums(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    document["counters"] = {"accepted": 10, "accepted_id_sum": 55, "accepted_id_mix": 99}

    account = {"persisted": 12, "distinct": 9, "idSum": 55, "idMix": 98, "deadLettered": 0}
    trial = measured(measure_trial([report(document, **account)], 1, load))

    assert trial.durability is not None
    assert trial.durability.duplicates == 3
    assert trial.durability.lost == 1
    assert not trial.durability.ids_match


def test_a_missing_pod_voids_the_trial(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    outcome = measure_trial([report(document)], 2, load)

    assert isinstance(outcome, VoidTrial)
    assert "1 of 2 k6 pods" in outcome.problems[0].message


def test_a_broken_pod_voids_the_trial_whatever_the_others_say(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    outcome = measure_trial([report(document), read_pod_log("k6-1", "")], 2, load)

    assert isinstance(outcome, VoidTrial)
    assert [p.kind for p in outcome.problems] == [ProblemKind.DOCUMENT_MISSING]


def test_two_pods_of_the_same_segment_void_the_trial(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    outcome = measure_trial([report(document), report(document, "k6-1")], 2, load)

    assert isinstance(outcome, VoidTrial)
    assert "same segment" in outcome.problems[0].message


def test_a_pod_that_never_measured_voids_the_trial(
    document: dict[str, Any], report: BuildReport, load: LoadFacts
) -> None:
    document["scenarios"]["warmup"] = document["scenarios"].pop("measure")

    outcome = measure_trial([report(document)], 1, load)

    assert isinstance(outcome, VoidTrial)
    assert "scenario measure" in outcome.problems[0].message


def test_what_is_missing_is_noted_within_bounds(document, report, load) -> None:
    given = report(document)
    page = {f"component-{number}": "<html>" * 1_000 for number in range(100)}
    end = given.end.model_copy(update={"errors": page})

    trial = measure_trial([replace(given, end=end)], 1, load)

    assert isinstance(trial, TrialMeasurement)
    assert trial.notes[0].startswith("k6-0: end: component-0: <html>")
    assert (len(trial.notes), max(map(len, trial.notes))) == (MOST_NOTES, LONGEST_NOTE)
