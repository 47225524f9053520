"""Why the cell to take is compared with no other one: in the words of what happened to those."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from loadlab.analysis.best import Choice, choose
from loadlab.analysis.contenders import LOWER_TIER, NOT_CARRIED, NOT_MET
from loadlab.analysis.recommendation import MOST_CHARACTERS, recommend
from loadlab.catalogue import Cell
from loadlab.model.status import LoadOutcome, ResultRow
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_best import replicates_of
from tests.unit.analysis.test_capacity import LOADS
from tests.unit.analysis.test_tiers import FULL, in_tiers, pilot, pilots_of, summed_up

THREE = replicates_of(dict.fromkeys(("a", "b", "c"), (1000.0, 500.0, 40.0)), 5)


def told(choice: Choice, rows: list[ResultRow]) -> str:
    (sentence,) = recommend(rows, choice, (), ())
    return sentence


def with_reasons(**reasons: str) -> str:
    choice = choose(rows_of(THREE)[:1], THREE)
    return told(replace(choice, set_aside=reasons), rows_of(THREE))


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ({"b": NOT_MET, "c": NOT_MET}, "no other cell is known to meet all criteria"),
        ({"b": LOWER_TIER}, "b was put in a lower tier by what pilot trials carried"),
        ({"b": NOT_CARRIED, "c": NOT_CARRIED}, "b and c did not carry the load"),
        ({"b": "was offered less", "c": "was offered less"}, "b and c were offered less"),
        (
            {"b": NOT_MET, "c": "has no known p95 (Growing)"},
            "b is not known to meet all criteria; c has no known p95 (Growing)",
        ),
        (
            {
                "b": NOT_MET,
                "c": "is Invalid",
                "d": NOT_CARRIED,
                "e": "is Invalid",
                "f": NOT_CARRIED,
            },
            "b is not known to meet all criteria; c and e are Invalid; 2 more for other reasons",
        ),
    ],
)
def test_the_reason_is_that_of_the_others(reasons: Mapping[str, str], words: str) -> None:
    assert with_reasons(**reasons) == f"Take a: {words}."


def test_a_cell_by_itself_has_nothing_beside_it() -> None:
    rows = rows_of(THREE)[:1]

    assert recommend(rows, choose(rows, THREE), (), ()) == ()


def test_who_was_measured_by_another_generator_meets_its_criteria_all_the_same() -> None:
    cells = [Cell(variant="a", generator=name) for name in ("k6", "wrk")]
    replicates = [sized(cell, n, 1000.0, 500.0, 40.0) for cell in cells for n in range(5)]
    rows = rows_of(replicates)

    assert told(choose(rows, replicates), rows) == (
        "Take a (generator=k6): a (generator=wrk) was measured by another generator."
    )


def test_who_fails_more_is_told_as_that() -> None:
    rows = [
        row.model_copy(update={"requests": 10_000, "failed_rate": rate})
        for row, rate in zip(rows_of(THREE)[:2], (0.0, 0.2), strict=True)
    ]

    assert told(choose(rows, THREE), rows) == "Take a: b failed more of the requests."


def test_without_a_best_cell_it_is_what_happened_to_all() -> None:
    """It was "none is known to meet all criteria", of which there were none."""
    crashed = [row.model_copy(update={"crashes": 1}) for row in rows_of(THREE)]
    lost = [row.model_copy(update={"load": LoadOutcome.OVERLOADED}) for row in rows_of(THREE)]

    assert told(choose(crashed, THREE), crashed) == (
        "No cell is recommended: a, b and c crashed under the load."
    )
    assert told(choose(lost, THREE), lost).startswith(
        "No cell is recommended: none meets all criteria and carried its load."
    )


def test_no_reason_makes_a_sentence_longer_than_the_status_takes() -> None:
    names = {"v" * 190 + str(number): NOT_MET for number in range(3)}
    choice = choose(rows_of(THREE)[:1], THREE)

    sentence = told(replace(choice, set_aside={**names, "b": NOT_CARRIED}), rows_of(THREE))

    assert len(sentence) == MOST_CHARACTERS
    assert sentence.endswith("…")


def in_two_tiers(overloaded: str = "") -> str:
    """Return what is recommended of three variants, one of which pilots put into a higher tier."""
    plan = in_tiers()
    pilots = pilots_of(plan, {load["cell"]: pilot(FULL) for load in LOADS})
    (sentence,) = summed_up(plan, pilots, overloaded).recommendation
    return sentence


def test_a_lower_tier_meets_all_criteria_too() -> None:
    """Of two tiers without a criterion it was said that no other cell meets all criteria."""
    assert in_two_tiers() == (
        "Take async (rate=1500): sync (rate=50) and asyncpg (rate=50) were put in a lower tier by "
        "what pilot trials carried."
    )


def test_where_the_highest_tier_did_not_carry_its_load_the_next_one_is_no_lower_one() -> None:
    """It was "No cell is recommended", as two "were put in a lower tier"."""
    sentence = in_two_tiers(overloaded="async")

    assert sentence.startswith("Nothing tells asyncpg (rate=50) and sync (rate=50) apart")
    assert "tier" not in sentence
