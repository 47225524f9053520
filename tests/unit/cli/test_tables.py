"""What a terminal shows, to the letter, and in full where there is no colour."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadlab.cli.experiment import Experiment
from loadlab.cli.tables import render
from tests.unit.cli.conftest import SINCE, finished_experiment

GOLDEN = Path(__file__).with_name("golden-table.txt")


def shown(resource: dict[str, Any], **console: Any) -> str:
    text = io.StringIO()
    Console(file=text, width=160, **console).print(render(Experiment.of(resource)), crop=False)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def test_the_table_is_as_approved(finished: dict[str, Any]) -> None:
    """`UPDATE_GOLDEN=1` writes it anew; read the difference before you commit it."""
    text = shown(finished)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)

    assert text == GOLDEN.read_text()


def test_where_traces_are_drawn_is_said_where_they_were_asked_for(finished: dict[str, Any]) -> None:
    assert "Traced:" not in shown(finished)
    finished["spec"] = finished.get("spec", {}) | {"trace": {"seconds": 1}}

    told = "Traced: requests of one more trial of each variant, in no figure; loadlab report"
    assert told in shown(finished)


def test_levels_that_are_words_have_a_column_and_name_their_cells(finished: dict[str, Any]) -> None:
    for row, server in zip(
        finished["status"]["results"], ("uvicorn", "gunicorn", None), strict=True
    ):
        row["cell"] |= {"server": server} if server else {}
    _, _, units, _, first, second, third, *_ = shown(finished).splitlines()[1:]
    text = shown(finished)

    assert units.split()[:2] == ["variant", "server"]
    assert [line.split()[:2] for line in (first, second, third)] == [
        ["sync", "uvicorn"],
        ["async", "gunicorn"],
        ["asyncpg", "-"],
    ]
    assert "async server=gunicorn   page" in text
    assert "in async/server=gunicorn/workers=2/virtualUsers=64" in text


def test_a_lower_bound_is_printed_as_one_with_its_interval(finished: dict[str, Any]) -> None:
    text = shown(finished)

    assert "≥ 2,008 [1,908, 2,109]" in text
    assert "   1,105 [1,050, 1,160]" in text
    assert "Best: async/workers=2/virtualUsers=64, ≥ 2,008 req/s" in text


def test_an_overloaded_cell_says_in_how_many_replicates_and_bounds_its_latency(
    finished: dict[str, Any],
) -> None:
    closed = shown(finished)
    sync, other, _ = finished["status"]["results"]
    sync |= {"load": "Overloaded", "replicates": {"planned": 3, "valid": 3, "overloaded": 2}}
    sync["latencyMs"]["lowerBoundAbove"] = 0
    other["load"] = "Kept"

    text = shown(finished)

    assert "Overloaded 2/3" in text
    assert "> 44" in text
    assert "> 88" in text
    assert "Kept" in text
    assert "load" not in closed


def test_latencies_from_the_send_and_from_the_plan_are_both_told_where_they_differ(
    finished: dict[str, Any],
) -> None:
    row = finished["status"]["results"][0]
    row["latencyFromSendMs"] = row["latencyMs"] | {"p95": 0.5 * row["latencyMs"]["p95"]}

    line = shown(finished)

    low, high = (f"{part * row['latencyMs']['p95']:.3g}" for part in (0.5, 1))
    assert f"{low} … {high}" in line


def test_replicates_without_an_interval_are_shown_as_the_least_and_the_most(
    finished: dict[str, Any],
) -> None:
    sync, found, _ = finished["status"]["results"]
    sync["requestsPerSecond"] = {"mean": 1016.5, "least": 412.0, "most": 2565.0}
    sync["cpuMicros"] = {"mean": 476, "low": 460, "high": 493}
    found["requestsPerSecond"] = {"mean": 10, "least": 9.5, "most": 11, "standing": "Bound"}

    text = shown(finished)

    assert "412 … 2,565" in text
    assert "476 [460, 493]" in text
    assert "≥ 9.5 … 11" in text
    assert "a … b: the least and the most of the replicates" in text
    assert "a … b" not in shown(finished_experiment())


def test_a_share_of_failures_is_shown_with_its_interval(finished: dict[str, Any]) -> None:
    sync, *_ = finished["status"]["results"]
    sync |= {"failedRate": 0.05, "failedLow": 0.0481, "failedHigh": 0.052}

    assert "5.00% [4.81%, 5.20%]" in shown(finished)
    sync |= {"failedRate": 0.0, "failedLow": 0.0, "failedHigh": 0.001}
    assert "0.10%" not in shown(finished)


def test_costs_of_work_that_is_not_done_are_lower_bounds(finished: dict[str, Any]) -> None:
    sync, *_ = finished["status"]["results"]
    sync |= {"leavesOutCosts": True, "cpuMicros": {"mean": 476, "standing": "Bound"}}

    line = next(line for line in shown(finished).splitlines() if line.split()[:1] == ["sync"])

    assert "≥ 65" in line
    assert "≥ 476" in line
    assert "≥ 411" in line
    assert "≥ 190" not in line


def test_ratios_to_the_control_cell_come_first(finished: dict[str, Any]) -> None:
    of, over = (f"{variant}/workers=2/virtualUsers=64" for variant in ("async", "sync"))
    pair = {"of": of, "over": over, "blocks": 5}
    finished["status"]["comparisons"] = [
        {**pair, "figure": "cpuMicros", "ratio": 0.68, "low": 0.63, "high": 0.74, "p": 0.0012,
         "outcome": "Improved", "detectable": 0.061},
        {**pair, "figure": "p95Ms", "ratio": 1.04, "low": 0.9, "high": 1.2, "p": 0.4,
         "outcome": "Inconclusive", "detectable": 0.2, "blocksNeeded": 63},
        {**pair, "figure": "requestsPerSecond", "ratio": 1.8, "outcome": "Inconclusive",
         "why": "fewer than 3 replicates have both figures"},
    ]  # fmt: skip

    lines = [" ".join(line.split()) for line in shown(finished).splitlines()]

    assert lines[0] == "Ratios to the control cell"
    assert "async sync CPU µs/req 0.68 [0.63, 0.74] 0.0012 6.10% - Improved" in lines
    assert "async sync p95 ms 1.04 [0.9, 1.2] 0.4 20% 63 Inconclusive" in lines
    assert not any("1.8" in line for line in lines)
    why = "No claim in 1 of 3 comparisons: fewer than 3 replicates have both figures"
    assert why in lines


def test_what_is_tied_with_the_best_cell_is_named(finished: dict[str, Any]) -> None:
    finished["status"]["best"] |= {
        "tiedWith": ["b"],
        "alternatives": ["c", "d"],
        "lead": {"of": "a", "over": "e", "figure": "cpuMicros", "blocks": 5, "ratio": 0.68,
                 "low": 0.63, "high": 0.74, "outcome": "Improved"},
    }  # fmt: skip

    lines = shown(finished).splitlines()

    place = next(n for n, line in enumerate(lines) if line.startswith("Best: "))
    assert lines[place + 1 : place + 4] == [
        "  not clearly worse than it: b",
        "  better than it in one figure, worse in another: c, d",
        "  ahead of e by 0.68 [0.63, 0.74] in CPU µs/req (Improved)",
    ]


def test_a_line_says_why_requests_of_a_cell_failed(finished: dict[str, Any]) -> None:
    sync, _, nothing = finished["status"]["results"]
    sync["failedRate"] = 0.086
    sync["failures"] = [
        {"class": "5xx", "text": "500 Internal Server Error", "requests": 4740, "share": 0.079,
         "example": "[red]full"},
        {"class": "none", "text": "EOF", "requests": 420, "share": 0.007},
    ]  # fmt: skip
    ping = {"name": "ping", "requests": 10, "failedRate": 0.2}
    eof = {"class": "none", "text": "EOF", "requests": 2, "share": 0.2}
    sync["byRequest"] = [{**ping, "failures": [eof]}]
    nothing["failures"] = [{"class": "none", "text": "EOF", "requests": 2, "share": 1.0}]

    lines = shown(finished).splitlines()

    assert (
        "8.60% of the requests of sync failed: 500 Internal Server Error (7.90%, such as "
        '"[red]full"), EOF (0.70%)'
    ) in lines
    assert "20% of the requests ping of sync failed: EOF (20%)" in lines
    assert "100% of the requests of asyncpg failed: EOF (100%)" in lines


def test_results_before_the_end_are_marked_as_such(finished: dict[str, Any]) -> None:
    finished["status"] |= {"conditions": [], "phase": "Running", "verdict": None}

    assert "Verdict: not decided yet\nselect: Running, 9/9 trials" in shown(finished)


def test_no_color_is_honoured_on_a_terminal(
    finished: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    coloured = shown(finished, force_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = shown(finished, force_terminal=True, color_system="standard")

    assert "\x1b[31m" in coloured
    assert "\x1b[31m" not in plain


@pytest.mark.parametrize(("truth", "word"), [("False", "Not quiet: "), ("True", "Quiet: ")])
def test_runs_that_others_spoiled_are_told_before_the_best(
    finished: dict[str, Any], truth: str, word: str
) -> None:
    message = "2 of 6 runs were void because others used the CPUs; the last: others used 0.97 CPU"
    quiet = {"type": "Quiet", "status": truth, "reason": "NotQuiet", "message": message}
    finished["status"]["conditions"] += [quiet | {"lastTransitionTime": "2026-11-20T14:00:00Z"}]
    text = shown(finished)

    assert f"{word}{message}" in text
    assert text.index(word) < text.index("Best: ")


def test_the_stages_of_a_mean_request_and_what_would_help_follow_the_evidence(
    finished: dict[str, Any],
) -> None:
    finished["status"]["results"][1]["bottleneck"] |= {
        "remedy": "a larger pool",
        "stages": [
            {"name": "DatabasePool", "ms": 21.34, "share": 0.83},
            {"name": "Unattributed", "ms": 4.37, "share": 0.17},
        ],
    }

    text = shown(finished)

    assert "A mean request: DatabasePool 21.3 ms (83%), Unattributed 4.37 ms (17%)" in text
    assert "What would help: a larger pool" in text


def test_the_recommendation_stands_above_everything(finished: dict[str, Any]) -> None:
    finished["status"]["recommendation"] = ["Take async [sic].", "More CPU would help."]

    lines = shown(finished).splitlines()

    assert lines[:2] == ["Take async [sic].", "More CPU would help."]


def test_why_an_experiment_failed_stands_at_the_top_of_its_empty_table(
    finished: dict[str, Any],
) -> None:
    status = finished["status"]
    status |= {"phase": "Failed", "verdict": "Error", "results": status["results"][2:]}
    why = {"type": "Failed", "status": "True", "reason": "NoResult", "message": "no trial came to"}
    status["conditions"].append({**why, **SINCE})

    first, *_ = shown(finished).splitlines()

    assert first == "select failed, NoResult: no trial came to"


def test_unsound_figures_are_left_out_and_the_reason_stands_below(
    finished: dict[str, Any],
) -> None:
    sync, other, _ = finished["status"]["results"]
    growing = {"standing": "Unsound", "why": "Growing"}
    sync |= {"requestsPerSecond": {"mean": 1105.2, **growing}, "cpuMicros": {"mean": 9, **growing}}
    other["cpuMicros"] = {"mean": 476, **growing}

    text = shown(finished)

    assert "1,105" not in text
    assert "476" not in text
    where = "req/s of sync/workers=2/virtualUsers=64"
    assert f"Left out 3 figures, such as {where}: Growing" in text


def test_laws_of_scaling_have_a_table_and_others_a_line(finished: dict[str, Any]) -> None:
    figure = {"mean": 0.05, "low": 0.04, "high": 0.06}
    finished["status"]["scaling"] = [
        {"factor": "workers", "of": "sync", "levels": 5, "rateOfOne": figure, "contention": figure,
         "coherence": figure, "peakAt": 9.7, "peak": 4174, "knee": 4.2,
         "recommendation": "8 workers carry the most"},
        {"factor": "workers", "of": "async", "levels": 5, "why": "throughput grows in proportion"},
        {"factor": "workers", "of": "queued", "levels": 5, "why": "a limit of another kind",
         "recommendation": "4 workers are enough"},
    ]  # fmt: skip

    lines = [" ".join(line.split()) for line in shown(finished).splitlines()]

    span = "0.05 [0.04, 0.06]"
    assert f"sync workers {span} {span} {span} 4.2 9.7 4,174" in lines
    assert "sync, workers: 8 workers carry the most" in lines
    assert "Scaling of async with workers: throughput grows in proportion" in lines
    assert "queued, workers: 4 workers are enough" in lines
