"""A service that ended by itself in an attempt is not one that passed at the second."""

from typing import Any

import pytest

from loadlab.analysis.attempts import with_attempts
from loadlab.model.resources import Trial
from loadlab.model.status import Validity
from tests.unit.analysis.test_summary import plan_of
from tests.unit.analysis.test_verdict import row

SAID = "the service restarted during the run: exit code 3"


def trials(of: str, *reasons: str, last: str = "Succeeded") -> list[Trial]:
    """A trial of each replicate; the first one with former attempts that came to nothing."""
    plan = plan_of()
    former = [{"attempt": n, "reason": why, "message": SAID} for n, why in enumerate(reasons, 1)]
    states: dict[bool, dict[str, Any]] = {
        True: {"phase": last, "attempt": len(former) + 1, "formerAttempts": former},
        False: {"phase": "Succeeded", "attempt": 1},
    }
    if last == "Lost":
        states[True] |= {"reason": "ServiceCrashed", "message": SAID}
    of_variant = [each for each in plan.trials if each.cell.variant == of]
    return [
        Trial.model_validate(plan.trial_manifest(it) | {"status": states[it.replicate == 1]})
        for it in of_variant
    ]


def cell(of: str, level: Validity = Validity.VALID) -> Any:
    (arm, *_) = [each.cell for each in plan_of().trials if each.cell.variant == of]
    return row(level=level).model_copy(update={"cell": arm, "reasons": ("TooFewSamples: …",)})


def test_a_crash_is_told_first_and_makes_the_row_suspect() -> None:
    rows = [cell("sync"), cell("async")]

    crashed, other = with_attempts(rows, trials("sync", "ServiceCrashed"))

    assert (crashed.crashes, crashed.validity) == (1, Validity.SUSPECT)
    assert crashed.reasons == (f"ServiceCrashed: in 1 of 4 attempts {SAID}", "TooFewSamples: …")
    assert other == rows[1]


@pytest.mark.parametrize("reason", ["ServiceRestarted", "StoreRestarted", "ForeignCpu"])
def test_what_others_did_is_no_crash(reason: str) -> None:
    rows = [cell("sync")]

    assert with_attempts(rows, trials("sync", reason)) == tuple(rows)


def test_the_last_attempt_counts_as_well_and_an_invalid_row_stays_invalid() -> None:
    (found,) = with_attempts(
        [cell("sync", Validity.INVALID)], trials("sync", "ServiceCrashed", last="Lost")
    )

    assert (found.crashes, found.validity) == (2, Validity.INVALID)
    assert found.reasons[0].startswith("ServiceCrashed: in 2 of 4 attempts")


def test_a_row_without_any_replicate_says_why_the_last_trial_came_to_nothing() -> None:
    none = "NoReplicate: no replicate of this cell came to a result"
    invalid = cell("sync", Validity.INVALID).model_copy(update={"reasons": (none,)})
    lost = trials("sync", "NeverReady", last="Lost")

    (found,) = with_attempts([invalid], lost)

    assert found.reasons[-1] == f"{none}; the last: {SAID}"
    (used,) = with_attempts([cell("sync")], lost)
    assert used.reasons[-1] == "TooFewSamples: …"


def ended(of: str, *statuses: dict[str, Any]) -> list[Trial]:
    """The trials of a cell, which ended so."""
    plan = plan_of()
    planned = [each for each in plan.trials if each.cell.variant == of]
    return [
        Trial.model_validate(plan.trial_manifest(it) | {"status": status})
        for it, status in zip(planned, statuses, strict=False)
    ]


@pytest.mark.parametrize(
    ("phase", "reason", "crashes"),
    [
        ("Lost", "ServiceCrashed", 1),
        ("Lost", "NeverReady", None),
        ("Failed", "ServiceCrashed", None),
    ],
)
def test_a_trial_was_lost_to_a_crash_where_it_says_so(phase, reason, crashes):
    trial = {"phase": phase, "reason": reason, "message": SAID, "attempt": 1}

    (found,) = with_attempts([cell("sync")], ended("sync", trial))

    assert found.crashes == crashes


def test_a_row_without_any_replicate_and_nothing_said_stays_as_it_is():
    none = "NoReplicate: no replicate of this cell came to a result"
    nothing = cell("sync", Validity.INVALID).model_copy(update={"reasons": (none,)})

    assert with_attempts([nothing], ended("sync", {"phase": "Lost"})) == (nothing,)


def asked(name: str, processes: str, phase: str = "Succeeded") -> dict[str, Any]:
    service = {"name": name, "processes": processes, "spec": "u", "endpoints": "e", "pods": 1}
    return {"phase": phase, "attempt": 1, "askedService": service}


def test_a_running_service_of_other_processes_between_trials_is_told_last():
    trials_of_two = ended("sync", asked("shop", "one"), asked("shop", "two"), asked("shop", "one"))

    (found,) = with_attempts([cell("sync")], trials_of_two)

    first, last = found.reasons
    assert first == "TooFewSamples: …"
    assert last == (
        "ServiceRestarted: pods of the Service shop were replaced or restarted between trials, "
        "with the same images and limits: its replicates are of 2 sets of processes"
    )
    assert found.validity is Validity.VALID


@pytest.mark.parametrize(
    "statuses",
    [
        (asked("shop", "one"), asked("shop", "one")),
        (asked("shop", "one"), asked("shop", "two", "Lost")),
        (asked("shop", "one"), {"phase": "Succeeded"}),
    ],
    ids=["the same", "a trial that does not count", "one that is not known"],
)
def test_the_processes_of_trials_with_a_result_count(statuses):
    rows = [cell("sync")]

    assert with_attempts(rows, ended("sync", *statuses)) == tuple(rows)


@pytest.mark.parametrize(
    ("statuses", "place"),
    [
        (({"phase": "Lost", "reason": "ServiceCrashed", "message": "x" * 400},), 0),
        ((asked("s" * 63, "one"), asked("s" * 63, "two")), -1),
    ],
    ids=["crash", "other processes"],
)
def test_a_row_keeps_twenty_reasons_and_what_attempts_say_is_one_of_them(statuses, place):
    full = cell("sync").model_copy(update={"reasons": tuple(f"R{n}: …" for n in range(20))})

    (found,) = with_attempts([full], ended("sync", *statuses))

    assert len(found.reasons) == 20
    assert found.reasons[place].startswith("Service")
    kept = found.reasons[1:] if place == 0 else found.reasons[:-1]
    assert kept == (full.reasons[:19] if place == 0 else full.reasons[1:])


def test_a_reason_has_three_hundred_characters_at_most():
    none = cell("sync", Validity.INVALID).model_copy(update={"reasons": ("NoReplicate: none",)})
    lost = {"phase": "Lost", "reason": "ServiceCrashed", "message": "x" * 400}

    (found,) = with_attempts([none], ended("sync", lost))

    assert [len(reason) for reason in found.reasons] == [300, 300]
