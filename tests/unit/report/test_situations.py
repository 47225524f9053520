"""Reports of experiments of other kinds: searches, equal rates, baselines, limits, no results."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.report.examples import comparison, full, rate_of, report, row
from tests.unit.report.markup import Page

GOLDEN = Path(__file__).parents[1] / "analysis" / "golden" / "status.json"


def told(**status: Any) -> str:
    """The text of a report whose status differs in this."""
    experiment, _ = full()
    experiment["status"] |= status
    return Page(report(experiment)).text


def test_the_status_that_the_operator_writes_is_reported():
    status = json.loads(GOLDEN.read_text())
    metadata = {"name": "wells", "namespace": "lab"}

    text = Page(report({"metadata": metadata, "status": status})).text

    assert "No cell is recommended: none is known to meet all criteria." in text
    assert f"Verdict: {status['verdict']}" in text
    for result in status["results"]:
        assert f"{result['cell']['variant']} workers={result['cell']['workers']}" in text
    for expectation in status["expectations"]:
        assert expectation["name"] in text
    for criterion in status["criteria"]:
        assert criterion["threshold"] in text


def test_ratios_to_a_baseline_stand_apart_with_what_else_differs():
    against = comparison("cpuMicros", 1, 1.1, "Regressed")
    baseline = {
        "name": "before",
        "differences": ["Kubernetes v1.33.1, now v1.34.4"],
        "comparisons": [{**against, "over": "before", "baselineBlocks": 3}],
    }

    text = told(baseline=baseline, comparisons=[])

    assert "CPU per request against before" in text
    assert "async workers=1 1.1 [1.023, 1.188] Regressed" in text
    assert "Beside what is compared, before differs in: Kubernetes v1.33.1, now v1.34.4" in text
    assert "Against before it is of the means of both experiments" in text
    assert "over the blocks" not in text


def test_bars_within_an_experiment_are_over_its_blocks_and_no_bar_is_holm_s():
    text = told(comparisons=[comparison("cpuMicros", 1, 1.1, "Inconclusive")])

    assert "the bar is over the blocks" in text
    assert "Welch" not in text
    assert "is the 95 % interval of its ratio alone" in text
    assert "counts all comparisons made together (p by Holm's method)" in text


def test_a_ratio_without_a_claim_is_not_drawn():
    why = "fewer than 3 replicates have both figures"

    text = told(comparisons=[comparison("cpuMicros", 1, 7.5, "Inconclusive", why=why)])

    assert f"No claim in 1 of 1 comparison: {why}." in text
    assert "ratio, logarithmic" not in text


def test_at_one_rate_cells_stand_by_what_they_carry():
    experiment, _ = full()
    experiment["spec"]["load"] = {"purpose": "Compare"}
    for each in experiment["status"]["results"]:
        each["cell"] = {"variant": each["cell"]["variant"], "workers": 1, "rate": 300}
        each["capacity"] = {"mean": 812.0, "standing": "Bound", "why": "Pilot"}
    experiment["status"]["results"] = experiment["status"]["results"][3:5]

    text = Page(report(experiment)).text

    assert "requests/s it carries, from its pilot trial" in text
    assert "All cells of a tier were offered one rate" in text
    assert "sync ≥ 812 1,890 [1,815, 1,985]" in text


def test_what_a_search_found_is_told():
    found = {
        "cell": "async/workers=1",
        "atLeast": 1200,
        "below": 1300,
        "limitedBy": "ServiceCpu",
        "trials": 9,
        "message": "async carries at least 1,200/s; 1,300/s fails (p(95)<50)",
    }

    assert "async workers=1 1,200 1,300 ServiceCpu 9 async carries at least" in told(
        capacity=[found]
    )


def test_an_unsound_figure_is_left_out_with_its_reason():
    unsound = {"mean": 123456.0, "standing": "Unsound", "why": "SentLate"}

    text = told(results=[row("sync", 1, 620, requestsPerSecond=unsound)])

    assert "- (SentLate)" in text
    assert "123,456" not in text
    assert "No cell has both a throughput and a latency that may be used." in text


def test_what_a_component_costs_stands_as_what_all_of_them_do():
    unsound = {"mean": 476, "standing": "Unsound", "why": "FailuresInCost"}
    known = {"cpuMicrosPerRequest": {"service": 4111, "postgres": 652, "generator": 1909}}

    text = told(results=[row("sync", 1, 620, **known, cpuMicros=unsound)])

    assert "- (FailuresInCost)" in text
    assert "1,909" in text
    assert "4,111" not in text
    assert "652" not in text
    bound = {"mean": 4763, "standing": "Bound"}
    assert "≥ 4,111" in told(results=[row("sync", 1, 620, **known, cpuMicros=bound)])


def test_latencies_that_failed_answers_are_among_are_left_out():
    p95 = row("sync", 1, 620)["latencyMs"]["p95"]
    mixed = {"mean": p95, "standing": "Unsound", "why": "FailuresInLatency"}

    text = told(results=[row("sync", 1, 620, p95Ms=mixed)])

    assert "Latencies that failed answers are among are left out (FailuresInLatency)." in text
    assert f"{p95:.0f}" not in text
    assert "No cell has both a throughput and a latency that may be used." in text


def test_percentiles_above_which_nothing_is_known_are_bounds():
    bounded = {**row("sync", 1, 620)["latencyMs"], "p99": 20000, "lowerBoundAbove": 96.0}

    assert "> 20,000" in told(results=[row("sync", 1, 620, latencyMs=bounded)])


def test_a_latency_that_contains_delays_of_k6_is_told_from_both_ends():
    planned = row("sync", 1, 620)["latencyMs"]
    late = row(
        "sync",
        1,
        620,
        latencyFromSendMs={**planned, "p95": 99.0},
        sentLateMs=51.487,
        p95Ms={"mean": planned["p95"], "standing": "Unsound", "why": "SentLate"},
    )

    text = told(results=[late])

    assert "99 … 134" in text
    assert "k6 sent them up to 51.5 ms late (p99)" in text
    assert "A mark is hollow, too" in text


def test_requests_of_several_names_are_told_apart():
    named = {
        "name": "ping",
        "requests": 600,
        "failedRate": 0.25,
        "latencyMs": {**row("sync", 1, 620)["latencyMs"], "p95": 7.25},
    }

    assert "ping 600 51.6 7.25" in told(results=[row("sync", 1, 620, byRequest=[named])])


def test_a_hard_limit_is_drawn_and_levels_without_a_law_are_joined_by_dots():
    limited = {
        "factor": "workers",
        "of": "async/virtualUsers=64/poolSize=10",
        "levels": 4,
        "rateOfOne": {"mean": 900},
        "limit": {"mean": 1500},
        "knee": 1.67,
    }
    experiment, _ = full()
    experiment["status"]["scaling"] = [limited]

    html = report(experiment)

    section = html[html.index('id="scaling"') : html.index('id="stages"')]
    assert section.count('<polyline class="s1 dotted"') == 1
    assert section.count('<polyline class="s2"') == 1
    assert "knee of async: 1.67" in section
    assert "knee of sync" not in section


def test_a_law_that_falls_where_nothing_is_seen_to_fall_is_not_drawn():
    experiment, _ = full()
    seen, unseen = experiment["status"]["scaling"]
    seen["coherence"] = unseen["coherence"] = {"mean": 0.2}
    del unseen["peakAt"], unseen["peak"]

    html = report(experiment)

    section = html[html.index('id="scaling"') : html.index('id="stages"')]
    assert section.count(" dotted") == 1


@pytest.mark.parametrize("variants", [1, 12], ids=["one", "more than there are colours"])
def test_any_number_of_variants_is_drawn(variants):
    rows = [row(f"v{n}", 1, rate_of("sync", 1) + n) for n in range(variants)]

    text = told(results=rows)

    assert all(f"v{n}" in text for n in range(variants))


def test_why_a_failed_experiment_failed_comes_first():
    condition = {
        "type": "Failed",
        "status": "True",
        "reason": "Unschedulable",
        "message": "no node has 1 CPU free",
        "lastTransitionTime": "2026-11-20T14:00:00Z",
    }

    text = told(phase="Failed", verdict="Error", conditions=[condition], recommendation=[])

    assert "Verdict: Error" in text
    assert "It failed, Unschedulable: no node has 1 CPU free." in text


def test_a_trustworthy_experiment_has_no_reservations():
    experiment, _ = full()
    experiment["status"]["conditions"] = []
    experiment["status"]["results"] = [row("sync", 1, 620)]

    html = report(experiment)

    assert 'id="reservations"' not in html
    assert "Standing: Valid" in html
