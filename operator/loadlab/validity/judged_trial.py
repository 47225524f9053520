"""A judged trial as a JSON object and back: what a LoadTrial's status keeps.

An operator that was restarted builds the cell from these, so the round trip is exact: a
histogram travels as its base64 text (1 to 8 kB), numbers as they are. A thousand of them must
leave room in etcd for others; so where the histograms of a trial take too much, their buckets are
put together, as little as will do, and the trial's notes say so. The series have room of their own:
where they take more, their seconds are put together.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from loadlab.base.models import first_fault
from loadlab.measurement.series import MOST_BINS, Series
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.judgement import Judgement
from loadlab.validity.lateness import ends_apart

MOST_STORED_BYTES = 13 * 1024  # but for the series
MOST_SERIES_BYTES = 14 * 1024  # of both together
COARSER = (1, 2, 3, 4)  # powers of two: of 0.1 % become 0.2, 0.4, 0.8 and 1.6 %
VERSION = 1  # another one for every change that the former cannot be read as


@dataclass(frozen=True, slots=True)
class JudgedTrial:
    """A measurement and what may be done with it."""

    measurement: TrialMeasurement
    judgement: Judgement


_STORED = TypeAdapter(JudgedTrial)
_SERIES = TypeAdapter(Series)


class UnreadableTrialError(ValueError):
    """A stored trial that this release cannot read, and why."""


def dump_trial(trial: JudgedTrial) -> dict[str, Any]:
    """Write a judged trial as a JSON object of bounded size."""
    trial = replace(trial, measurement=_with_needed_sending(trial.measurement))
    trial = replace(trial, measurement=_with_short_series(trial.measurement))
    most = MOST_STORED_BYTES + _size_of_series(trial.measurement)
    stored = _dump(trial)
    for bits in COARSER:
        if _size(stored) <= most:
            return stored
        stored = _dump(replace(trial, measurement=_coarser(trial.measurement, bits)))
    if _size(stored) > most:
        measurement = _without_names(_coarser(trial.measurement, COARSER[-1]))
        stored = _dump(replace(trial, measurement=measurement))
    return stored


def _dump(trial: JudgedTrial) -> dict[str, Any]:
    stored: dict[str, Any] = _STORED.dump_python(trial, mode="json", exclude_none=True)
    return {"version": VERSION, **stored}


def _size(stored: Mapping[str, Any]) -> int:
    return len(json.dumps(stored, separators=(",", ":")))


def _with_needed_sending(measurement: TrialMeasurement) -> TrialMeasurement:
    """Leave out how requests of a name were sent, where their latency is the same from the send."""
    named = {
        name: each
        if ends_apart(each.latency_ms, each.from_send_ms)
        else replace(each, sending=None)
        for name, each in measurement.by_request.items()
    }
    return replace(measurement, by_request=named)


def _with_short_series(measurement: TrialMeasurement) -> TrialMeasurement:
    """Return it with as many bins as may be stored: numbers may be as long as a document's."""
    most = MOST_BINS
    while _size_of_series(measurement) > MOST_SERIES_BYTES:
        most //= 2
        side, series = measurement.side, measurement.series
        measurement = replace(
            measurement,
            series=series and series.wider(most),
            side=side and replace(side, series=side.series and side.series.wider(most)),
        )
    return measurement


def _size_of_series(measurement: TrialMeasurement) -> int:
    found = (measurement.series, measurement.side.series if measurement.side else None)
    return sum(len(_SERIES.dump_json(series)) for series in found if series)


def _coarser(measurement: TrialMeasurement, bits: int) -> TrialMeasurement:
    named = {
        name: replace(each, latency=each.latency.coarser(bits))
        for name, each in measurement.by_request.items()
    }
    note = f"latencies are stored to {2**bits / 1024:.1%}, to keep the trial small"
    return replace(
        measurement,
        latency=measurement.latency.coarser(bits),
        by_request=named,
        notes=(*measurement.notes, note),
    )


def _without_names(measurement: TrialMeasurement) -> TrialMeasurement:
    note = f"{len(measurement.by_request)} requests by name are left out, to keep the trial small"
    side = measurement.side and replace(measurement.side, names=())
    return replace(measurement, by_request={}, side=side, notes=(*measurement.notes, note))


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
        raise UnreadableTrialError(first_fault(err)) from err
