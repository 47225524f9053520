"""A judged trial as a JSON object and back: what a LoadTrial's status keeps.

An operator that was restarted builds the cell from these, so the round trip is exact: the
histogram travels as its base64 text (4 to 8 kB), numbers as they are.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.judgement import Judgement


@dataclass(frozen=True, slots=True)
class JudgedTrial:
    """A measurement and what may be done with it."""

    measurement: TrialMeasurement
    judgement: Judgement


_STORED = TypeAdapter(JudgedTrial)


def dump_trial(trial: JudgedTrial) -> dict[str, Any]:
    """Write a judged trial as a JSON object."""
    stored: dict[str, Any] = _STORED.dump_python(trial, mode="json", exclude_none=True)
    return stored


def load_trial(stored: object) -> JudgedTrial:
    """Read what `dump_trial` wrote; ValueError (pydantic) when it is something else."""
    return _STORED.validate_python(stored)
