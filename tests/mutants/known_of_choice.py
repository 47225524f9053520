"""Those of the choice of the best cell, and of what it rests on, that change no figure."""

from collections.abc import Mapping

from tests.mutants.known_of_trials import NEVER_EQUAL

_ALL_HAVE_A_RATE = "of offered rates all cells have a level, or none has"
_CANDIDATE = "a candidate has a rate"
_ASKED_AGAIN = "whether it is clearly worse looks at the same p: this is sooner, no more"

# As in known.
OF_CHOICE: Mapping[str, Mapping[str, str]] = {
    "analysis.best": {
        "_may_be_longer: tail > enough -> tail >= enough": NEVER_EQUAL,
        "_unknown: _rate(first) * math.exp(-MARGIN) if is_known else 0.0 -> "
        "_rate(first) * math.exp(-MARGIN) if is_known else 1.0": (
            "no cell carries less than a request in a second"
        ),
        "_unknown: _rate(row) < enough -> _rate(row) <= enough": NEVER_EQUAL,
    },
    "analysis.capacity": {
        "_has_queued: 1000 * users / carries > QUEUED_ANSWER * row.latency_ms.avg -> "
        "1000 * users / carries >= QUEUED_ANSWER * row.latency_ms.avg": NEVER_EQUAL,
    },
    "analysis.claim_limits": {
        "why_at_two_rates: abs(math.log(own / other)) <= MARGIN -> "
        "abs(math.log(own / other)) < MARGIN": NEVER_EQUAL,
    },
    "analysis.contenders": {
        "_offered: row.cell.number(Factor.RATE) or 0.0 -> "
        "row.cell.number(Factor.RATE) or 1.0": _ALL_HAVE_A_RATE,
    },
    "analysis.database_waits": {
        "_slow_answers: held_ms > 0 -> held_ms >= 0": NEVER_EQUAL,
        "_slow_answers: share > bounds.ANSWER_SHARE -> share >= bounds.ANSWER_SHARE": NEVER_EQUAL,
        "_wait: 1.0 if of_request is None else of_request -> "
        "2.0 if of_request is None else of_request": "a share of the sessions is 1 at most",
        "_wait: known >= bounds.MATERIAL_STAGE -> known > bounds.MATERIAL_STAGE": NEVER_EQUAL,
        "_wait: (of_request or 0.0) > bounds.LARGEST_STAGE -> "
        "(of_request or 0.0) >= bounds.LARGEST_STAGE": NEVER_EQUAL,
        "_may_be_short_of_cpu: "
        "bounds.CPU_BUSY < postgres.cpus_used / limit <= bounds.CPU_FULL -> "
        "bounds.CPU_BUSY <= postgres.cpus_used / limit <= bounds.CPU_FULL": NEVER_EQUAL,
        "_may_be_short_of_cpu: "
        "bounds.CPU_BUSY < postgres.cpus_used / limit <= bounds.CPU_FULL -> "
        "bounds.CPU_BUSY < postgres.cpus_used / limit < bounds.CPU_FULL": NEVER_EQUAL,
    },
    "analysis.first_sentence": {
        "_interval: found.ratio and found.low and found.high -> "
        "found.ratio or found.low or found.high": "what is told of a pair has an interval",
        "_what_would: c.blocks_needed or 0 -> c.blocks_needed or 1": (
            "those that more replicates help have their number"
        ),
        "_what_would: max((c.blocks_needed or 0 for c in helped), default=0) -> "
        "max((c.blocks_needed or 0 for c in helped), default=1)": (
            "where they help none their number is not told"
        ),
    },
    "analysis.held_up": {
        "_makes_wait: own - less < HELD_UP_MS -> own - less <= HELD_UP_MS": NEVER_EQUAL,
        "_makes_wait: math.exp(estimate.mean) >= most -> "
        "math.exp(estimate.mean) > most": NEVER_EQUAL,
        "_times_the_rate: own and less -> own or less": _CANDIDATE,
        "_times_the_rate: own / less if own and less else 1.0 -> "
        "own / less if own and less else 2.0": _CANDIDATE,
    },
    "analysis.pairs": {
        "Pairs.is_worse: chance >= 1 - CONFIDENCE -> chance > 1 - CONFIDENCE": NEVER_EQUAL,
        "Pairs.is_worse: 1 - CONFIDENCE -> 1 + CONFIDENCE": _ASKED_AGAIN,
        "Pairs.is_worse: 1 - CONFIDENCE -> 2 - CONFIDENCE": _ASKED_AGAIN,
    },
    "analysis.precision": {
        "HalfWidth._needed: blocks or 0 -> blocks or 1": "what has an interval has their number",
        "judge_precision: max((replicate.block for replicate in replicates), default=0) -> "
        "max((replicate.block for replicate in replicates), default=1)": (
            "without a replicate their number is not told"
        ),
        "judge_precision: told.achieved > wanted.share -> "
        "told.achieved >= wanted.share": NEVER_EQUAL,
        "judge_precision: told.achieved <= _WIDEST -> told.achieved < _WIDEST": NEVER_EQUAL,
        "_judged: told.achieved > _WIDEST -> told.achieved >= _WIDEST": NEVER_EQUAL,
        "_judged: told.achieved <= told.wanted -> told.achieved < told.wanted": NEVER_EQUAL,
    },
    "analysis.tiers": {
        "tiers_to_choose_of: row.cell.number(Factor.RATE) or 0 -> "
        "row.cell.number(Factor.RATE) or 1": _ALL_HAVE_A_RATE,
    },
    "analysis.unasked": {
        "_surely_breaks: row.failed_rate or 0.0 -> row.failed_rate or 1.0": (
            "it is known that more of its requests failed than may"
        ),
        "_surely_breaks: exact_interval(failed, row.requests)[0] > MATERIAL_FAILURES -> "
        "exact_interval(failed, row.requests)[0] >= MATERIAL_FAILURES": NEVER_EQUAL,
    },
}
