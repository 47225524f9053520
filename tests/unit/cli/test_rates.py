"""How fast cells are, by the purpose of the load; and what went before the first block."""

import io
from typing import Any

import pytest
from rich.console import Console

from loadlab.cli.experiment import Experiment
from loadlab.cli.tables import render
from tests.manifests import Json


def shown(resource: Json) -> str:
    text = io.StringIO()
    Console(file=text, width=160).print(render(Experiment.of(resource)))
    return text.getvalue()


def words(resource: Json) -> str:
    """What is shown, however it is set."""
    return " ".join(shown(resource).split())


@pytest.fixture
def compared(finished: dict[str, Any]) -> Json:
    finished["spec"] = {"load": {"purpose": "Compare"}}
    for row, carries in zip(finished["status"]["results"], (2210.0, 4016.0), strict=False):
        row["capacity"] = {"mean": carries, "standing": "Bound"}
    return finished


def chosen(*loads: Json) -> Json:
    return {"seed": 1, "loads": list(loads)}


SYNC = {"cell": "sync/workers=2", "carries": 2210.4, "rate": 1100, "tier": 1}
ASYNC = {"cell": "async/workers=2", "carries": 4016.0, "rate": 1100, "tier": 1}
QUEUED = {"cell": "queued/workers=2", "carries": 44_000.0, "rate": 22_000, "tier": 2}


def heading(text: str) -> str:
    """The lines above the first row of the table."""
    return text.partition("──")[0]


def test_compared_cells_have_what_they_carry_beside_what_they_were_offered(compared):
    text = shown(compared)

    assert "carries" in heading(text)
    assert "p95" in heading(text)
    assert "≥ 2,210 1,105 [1,050, 1,160]" in words(compared)


def test_what_a_cell_carries_is_told_without_percentiles_and_with_its_limit(compared):
    compared["spec"]["load"]["purpose"] = "Capacity"
    text = shown(compared)

    assert "limited" in heading(text)
    assert "p95" not in heading(text)
    row = next(line for line in text.splitlines() if line.split()[:1] == ["async"])
    assert row.split()[1:4] == ["≥", "4,016", "ServiceCpu"]


def test_without_a_purpose_the_table_says_nothing_of_it(finished):
    assert "carries" not in heading(shown(finished))


def test_the_rate_is_told_with_the_cells_that_it_was_offered_to(compared):
    compared["status"] |= {"chosen": chosen(SYNC, ASYNC), "preliminarySeconds": 21.4}
    text = words(compared)

    assert (
        "Compared at rate 1,100: sync/workers=2, async/workers=2; "
        "the slowest carried ≥ 2,210 req/s" in text
    )
    assert "Pilot trials before the first block: 21 s, in no figure" in text


def test_between_tiers_only_what_is_carried_is_compared(compared):
    compared["status"] |= {"chosen": chosen(SYNC, ASYNC, QUEUED)}

    # 44,000 by the 4,016 of the fastest cell of the slower tier
    said = "At rate 22,000 every cell carried 11.0 times as much or more than at rate 1,100"
    assert said in words(compared)


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (
            "PilotUsers",
            "sync/workers=2 was limited by its users (factors.virtualUsers), not by the service",
        ),
        ("PilotGenerator", "was limited by k6 (resources.k6), not by the service"),
        ("OfALaterRelease", "does not tell what limited it"),
    ],
)
def test_what_users_limited_has_no_ratio(compared: Json, why: str, said: str) -> None:
    """Of 50 users of 200 ms and a service at its limit: 4.4 times as much or more."""
    compared["status"] |= {"chosen": chosen(SYNC, ASYNC, QUEUED)}
    compared["status"]["results"][0]["capacity"]["why"] = why

    told = words(compared)

    assert "times as much" not in told
    assert "carried at rate 22,000 is not compared with what is at rate 1,100" in told
    assert said in told


def test_there_is_no_ratio_before_the_rows_say_what_limited_the_pilots(compared: Json) -> None:
    compared["status"] |= {"chosen": chosen(SYNC, ASYNC, QUEUED), "results": []}

    assert "times as much" not in words(compared)


def test_cells_of_which_no_pilot_tells_are_named(compared: Json) -> None:
    unknown = [{**ASYNC, "cell": f"async/workers={n}", "carries": None} for n in range(1, 8)]
    compared["status"] |= {"chosen": chosen(SYNC, *unknown)}

    assert (
        "the slowest carried ≥ 2,210 req/s; no pilot trial tells what async/workers=1, "
        "async/workers=2, async/workers=3, async/workers=4, async/workers=5 or any of 2 more "
        "carries"
    ) in words(compared)


def test_a_given_rate_is_called_so(compared):
    compared["status"] |= {"chosen": chosen({**SYNC, "rate": None})}

    assert "Compared at factors.rate: sync/workers=2; the slowest carried" in shown(compared)


def test_a_settling_trial_is_told_apart(finished):
    finished["status"]["preliminarySeconds"] = 8.6

    assert "A settling trial before the first block: 9 s, in no figure" in shown(finished)


def test_what_pilots_found_is_told_where_the_experiment_ended_with_them(compared):
    compared["status"] |= {"chosen": chosen({**SYNC, "carries": 6.0, "rate": 3}), "results": []}
    text = shown(compared)

    assert "the slowest carried ≥ 6 req/s" in text
    assert "No results." in text


def test_the_precision_that_was_asked_for_is_told_with_what_it_takes(finished):
    message = "cpuMicros is known within 7.1 % after 4 replicates; 5 % takes some 9: raise it"
    known = {"figure": "cpuMicros", "wanted": 0.05, "pilot": 3, "blocks": 4, "message": message}
    finished["status"]["precision"] = known

    assert f"Precision: {message}" in words(finished)


def test_what_k6_itself_takes_and_can_send_is_one_line(compared: Json) -> None:
    found = {"rate": 600, "p50Ms": 0.214, "p99Ms": 1.42, "ceilingPerSecond": 12_345.6}
    compared["status"] |= {"calibration": found, "preliminarySeconds": 12}

    told = words(compared)

    assert (
        "k6 itself takes p50 0.214 ms, p99 1.42 ms at 600 req/s, and can send ≥ 12,346 req/s; no "
        "latency is known better"
    ) in told
    assert "Trials before the first block: 12 s, in no figure" in told


@pytest.fixture
def searched(finished: dict[str, Any]) -> Json:
    finished["spec"] = {"load": {"purpose": "Capacity", "search": {}}}
    for row in finished["status"]["results"]:
        row["bottleneck"] = {"name": "ThreadPool", "confidence": "High", "evidence": "as observed"}
    finished["status"]["capacity"] = [
        {
            "cell": "sync/workers=2",
            "message": "sync carries at least 420/s; 440/s fails",
            "trials": 9,
        }
    ]
    finished["status"]["chosen"] = chosen({"cell": "sync/workers=2", "carries": 600, "rates": [9]})
    return finished


def test_what_a_search_found_is_told_in_words_and_with_its_trials(searched):
    assert "sync carries at least 420/s; 440/s fails (9 trials)" in words(searched)
    assert "Compared at" not in words(searched)


def test_what_limits_a_cell_at_the_rate_that_it_carries_is_not_what_limits_the_cell(searched):
    assert "ThreadPool" not in shown(searched)
    assert "limited" not in heading(shown(searched))
