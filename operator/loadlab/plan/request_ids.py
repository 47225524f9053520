"""Which numbers ${request_id} puts into the requests of a run: no other run has them.

A database that outlives a trial has what earlier trials wrote: were a number sent again, what was
created in one trial would be there already in the next, a conflict, or an update in its place. So
each attempt of each trial has numbers of its own, as many as it may at most need. They are told by
its place alone, and not by how many trials there will be, which nobody knows before the first.
"""

from math import ceil

from loadlab.base.names import experiment_id
from loadlab.base.quantities import seconds
from loadlab.catalogue import Factor
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.experiment import MOST_TRIALS
from loadlab.plan.bounds import (
    LONGEST_WINDOW,
    MOST_PILOTS,
    MOST_REQUESTS_OF_POD,
    MOST_REQUESTS_OF_USER,
    PILOT_SECONDS,
    PILOT_WARMUP_SECONDS,
)
from loadlab.plan.cells import levels_of
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.keys import EXPERIMENT_ID, REQUEST_ID
from loadlab.plan.requests import requests_of

_SENT = (f"${{{REQUEST_ID}}}", f"${{{EXPERIMENT_ID}}}")
_FEW_ARRIVALS = 1_000  # a second, beside twice a given rate: arrivals may be drawn
_BEFORE_BLOCKS = 2  # trials that settle and calibrate, where there are no pilots


def dump_ids(context: Context, run: Run) -> Manifest:
    """Return the first numbers of a run, as a piece of the configuration.

    A workload's own requests have the same ones in every trial, whose stores begin empty.
    """
    own = context.spec.load.request
    if run.calibrates or (own.path is None and not own.steps):
        return {}
    asked = requests_of(context.spec, context.variant(run.cell), run.cell).load
    texts = (t for each in asked for t in (each.path, each.body or "", *each.headers.values()))
    if not any(name in text for text in texts for name in _SENT):
        return {}
    measured, warm_up = _room(context.spec, is_pilot=_is_pilot(context.spec, run))
    first = _first(context.spec, run, measured + warm_up)
    ids = {"measure": first, "warmup": first + measured}
    return {"ids": {"experiment": experiment_id(context.experiment.metadata.uid), **ids}}


def _is_pilot(spec: LoadExperimentSpec, run: Run) -> bool:
    return spec.load.has_pilots and not run.replicate and not run.traces


def _first(spec: LoadExperimentSpec, run: Run, room: int) -> int:
    """Return the first number of a run: 1, and behind it all that come before in the plan."""
    attempts = spec.retry.attempts
    place = (run.position - 1) * attempts + run.attempt - 1
    if not run.replicate and not run.traces:  # before the first block
        return 1 + place * room
    if run.traces:  # behind as many trials as a plan may have, whatever it has
        place += MOST_TRIALS * attempts
    has_pilots = spec.load.has_pilots
    # What calibrates stands behind the pilots, and asks nothing of the service.
    before = MOST_PILOTS if has_pilots else _BEFORE_BLOCKS
    return 1 + before * attempts * sum(_room(spec, is_pilot=has_pilots)) + place * room


def _room(spec: LoadExperimentSpec, *, is_pilot: bool) -> tuple[int, int]:
    """Return how many numbers a measurement and its warm-up have, more than are needed."""
    load, most = spec.load, most_a_second(spec)
    if is_pilot:
        return ceil(most * PILOT_SECONDS), ceil(most * PILOT_WARMUP_SECONDS)
    longest = max(seconds(load.duration), LONGEST_WINDOW if load.has_pilots else 0)
    return ceil(most * (longest + load.ramp_seconds)), ceil(most * seconds(load.warmup))


def most_a_second(spec: LoadExperimentSpec) -> int:
    """Return how many iterations a second no trial exceeds: by its pods, its users or its rate."""
    load, factors = spec.load, spec.factors
    pods = max(map(int, factors.levels(Factor.PARALLELISM) or (load.parallelism,)))
    bounds = [pods * MOST_REQUESTS_OF_POD]
    if users := levels_of(spec, Factor.VIRTUAL_USERS):
        bounds.append(max(map(int, users)) * MOST_REQUESTS_OF_USER)
    if (rates := levels_of(spec, Factor.RATE)) and not load.has_pilots:
        a_second = max(map(int, rates)) / seconds(load.time_unit)
        bounds.append(2 * ceil(a_second) + _FEW_ARRIVALS)
    return min(bounds)
