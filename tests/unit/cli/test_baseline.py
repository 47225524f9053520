"""The comparison with an earlier experiment, as a terminal shows it."""

from typing import Any

from tests.unit.cli.test_tables import shown

CELL = "async/workers=2/virtualUsers=64"
UNPAIRED = "The two experiments are unpaired: a drift of the machine between the two runs counts"


def comparison(**other: Any) -> dict[str, Any]:
    return {
        "figure": "cpuMicros",
        "of": CELL,
        "over": "night-1",
        "ratio": 0.9012,
        "low": 0.8765,
        "high": 0.9266,
        "blocks": 5,
        "baselineBlocks": 6,
        "p": 0.0012,
        "outcome": "Improved",
        "detectable": 0.031,
        "value": 411.2,
        "baselineValue": 456.3,
        **other,
    }


def baseline(**other: Any) -> dict[str, Any]:
    return {"name": "night-1", "uid": "u", "finished": "2026-11-26T01:00:00Z", **other}


def lines_of(finished: dict[str, Any], **other: Any) -> list[str]:
    finished["status"]["baseline"] = baseline(**other)
    return shown(finished).splitlines()


def test_ratios_are_shown_with_both_values_and_that_they_are_unpaired(
    finished: dict[str, Any],
) -> None:
    lines = lines_of(finished, comparisons=[comparison()])

    assert any("Ratios to the baseline night-1, finished 2026-11-26T01:00:00Z" in x for x in lines)
    (row,) = [line for line in lines if "0.901" in line]
    assert row.split() == [
        *("async", "CPU", "µs/req", "411", "456"),
        *("0.901", "[0.876,", "0.927]", "0.0012", "3.10%", "Improved"),
    ]
    assert any(line.startswith(UNPAIRED) for line in lines)


def test_a_ratio_without_a_claim_is_left_out_with_its_reason(finished: dict[str, Any]) -> None:
    why = "fewer than 5 replicates here or in the baseline"
    bare = comparison(low=None, high=None, p=None, detectable=None, outcome="Inconclusive", why=why)

    lines = lines_of(finished, comparisons=[bare])

    (row,) = [line for line in lines if " 456 " in line]
    assert row.split() == [
        *("async", "CPU", "µs/req", "411", "456", "-", "-", "-", "Inconclusive"),
    ]
    assert f"Baseline night-1: No claim in 1 of 1 comparisons: {why}" in lines


def test_what_differs_is_told_a_line_each(finished: dict[str, Any]) -> None:
    lines = lines_of(
        finished, comparisons=[comparison()], differences=["load.duration 5s, there 10s", "node a"]
    )

    assert "Differs from the baseline night-1: load.duration 5s, there 10s" in lines
    assert "Differs from the baseline night-1: node a" in lines


def test_a_baseline_that_is_gone_is_told(finished: dict[str, Any]) -> None:
    lines = lines_of(finished, note="it was deleted meanwhile [red]")

    assert "No comparison with the baseline night-1: it was deleted meanwhile [red]" in lines
    assert not any("unpaired" in line or "Ratios to the baseline" in line for line in lines)


def test_without_a_baseline_nothing_is_said_of_one(finished: dict[str, Any]) -> None:
    assert "baseline" not in shown(finished)
