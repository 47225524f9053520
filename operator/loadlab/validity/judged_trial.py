"""A judged trial as a JSON object and back: what a LoadTrial's status keeps.

An operator that was restarted builds the cell from these, so the round trip is exact: the
histogram travels as its base64 text (4 to 8 kB), numbers as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.judgement import Judgement

VERSION = 1  # another one for every change that the former cannot be read as


@dataclass(frozen=True, slots=True)
class JudgedTrial:
    """A measurement and what may be done with it."""

    measurement: TrialMeasurement
    judgement: Judgement


_STORED = TypeAdapter(JudgedTrial)


class UnreadableTrialError(ValueError):
    """A stored trial that this release cannot read, and why."""


def dump_trial(trial: JudgedTrial) -> dict[str, Any]:
    """Write a judged trial as a JSON object."""
    stored: dict[str, Any] = _STORED.dump_python(trial, mode="json", exclude_none=True)
    return {"version": VERSION, **stored}


def load_trial(stored: Mapping[str, Any]) -> JudgedTrial:
    """Read what `dump_trial` wrote, of the same version; UnreadableTrialError on anything else."""
    # Release 0.1.0 wrote version 1 without saying so.
    if (version := stored.get("version", 1)) != VERSION:
        raise UnreadableTrialError(
            f"it is stored in version {version}, this operator reads version {VERSION}"
        )
    try:
        return _STORED.validate_python(stored)
    except ValidationError as err:
        fault = err.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise UnreadableTrialError(f"{place}: {fault['msg']}") from err
