"""The mutants that change no figure, each with its reason."""

from collections.abc import Mapping

from tests.mutants.known_of_choice import OF_CHOICE
from tests.mutants.known_of_trials import NEVER_EQUAL as _NEVER_EQUAL
from tests.mutants.known_of_trials import OF_TRIALS

_SIGN = "its sign alone counts"
_NO_DIFFERENCE = "a mean of 0 has a p of 1"
_CONVERGED = "more terms than it takes: it has converged"
_ROOM_FOR_ALL = "of so few cells there is room for all figures"
_WIDER_SEARCH = "the search starts wider, and ends at the same number"

# By module, then "function: before -> after": why no figure changes.
EQUIVALENT: Mapping[str, Mapping[str, str]] = {
    "analysis.attempts": {
        "_with_replaced: min(known) -> max(known)": "the trials of a cell ask one Service",
    },
    "analysis.attribution": {
        "_by_stage: largest.share <= bounds.LARGEST_STAGE -> "
        "largest.share < bounds.LARGEST_STAGE": _NEVER_EQUAL,
        "_may_be_behind: machine.share > bounds.CPU_BUSY -> machine.share >= bounds.CPU_BUSY": (
            _NEVER_EQUAL
        ),
        "_doubted: max(0, room - len(words)) -> max(1, room - len(words))": (
            "all words of doubt together are shorter than the room"
        ),
        "_as_asked: mean <= bounds.WAIT_EXPLAINS * wait -> "
        "mean < bounds.WAIT_EXPLAINS * wait": _NEVER_EQUAL,
    },
    "analysis.baseline": {
        "_unknown: pair[0] -> pair[1]": "both rows of a pair are of one cell",
        "with_baseline: len(same_cells(status.results, former.status.results)) if former else 0 -> "
        "len(same_cells(status.results, former.status.results)) if former else 1": _ROOM_FOR_ALL,
        "_most: max(1, cells) -> max(2, cells)": _ROOM_FOR_ALL,
    },
    "analysis.claim_reach": {
        "_by_more: least_ms < side.mean -> least_ms <= side.mean": (
            "a reach from the figure to itself decides nothing"
        ),
        "_by_more: side.reach(least_ms / side.mean, 1.0, said) -> "
        "side.reach(least_ms / side.mean, 2.0, said)": (
            "what rests on time-outs is a lower bound, and reaches up without an end by that"
        ),
        "_least_by_time_outs: each.percentile_ms(PERCENTS[figure]) if each else 0.0 -> "
        "each.percentile_ms(PERCENTS[figure]) if each else 1.0": (
            "a trial whose figure is known has requests of that name"
        ),
        "_least_by_time_outs: min(times, default=0.0) -> min(times, default=1.0)": (
            "a side has trials whose figure is known"
        ),
    },
    "analysis.blocks": {
        "block_noise: max(cell, default=0) -> max(cell, default=1)": "blocks count from 1",
        "block_effects: len(blocks) + 1 -> len(blocks) + 2": "a column more that stays 0",
        "solve: abs(matrix[best][column]) < _SINGULAR -> "
        "abs(matrix[best][column]) <= _SINGULAR": _NEVER_EQUAL,
    },
    "analysis.cell_latency": {
        "lower_ends: latency is None or not any((sent for _, sent in replicates)) -> "
        "latency is None and (not any((sent for _, sent in replicates)))": (
            "without either the ends are not apart"
        ),
    },
    "analysis.cell_work": {
        "work_of: (m.work, 1.0) -> (m.work, 2.0)": "hits and look-ups are shared out over nothing",
    },
    "analysis.cell": {
        ": MAX_REASONS = 20 -> MAX_REASONS = 21": "a status that is made keeps no more than 20",
        "_mean: estimate.mean if estimate else 0.0 -> estimate.mean if estimate else 1.0": (
            "a component is there for the sake of a value"
        ),
    },
    "analysis.cell_figures": {
        "throughput_of: any((trial.open_model for trial in used)) -> "
        "all((trial.open_model for trial in used))": "the replicates of a cell have one load",
    },
    "analysis.certainty": {
        "doubts: trial.components.get(Component.REDIS, ComponentUsage()).cpus_used or 0.0 -> "
        "trial.components.get(Component.REDIS, ComponentUsage()).cpus_used or 1.0": (
            "either is less than its thread can"
        ),
        "_memory: service.memory_bytes or 0 -> service.memory_bytes or 1": "a byte fills nothing",
        "_memory: share > bounds.MEMORY_FULL -> share >= bounds.MEMORY_FULL": _NEVER_EQUAL,
        "_sessions: sessions.other > max(bounds.SESSIONS, bounds.SESSIONS_SHARE * sessions.in_use) "
        "-> sessions.other >= "
        "max(bounds.SESSIONS, bounds.SESSIONS_SHARE * sessions.in_use)": _NEVER_EQUAL,
        "_sessions: share >= bounds.MATERIAL_STAGE -> share > bounds.MATERIAL_STAGE": _NEVER_EQUAL,
        "_queue: rest > inside / 2 -> rest >= inside / 2": _NEVER_EQUAL,
        "_queue: rest >= largest -> rest > largest": _NEVER_EQUAL,
        "_queue: rest < largest -> rest <= largest": _NEVER_EQUAL,
        "_queue: own < bounds.MATERIAL_STAGE -> own <= bounds.MATERIAL_STAGE": _NEVER_EQUAL,
        "_loop: (throttled := throttled_share(trial)) > bounds.SERVICE_THROTTLED_SHARE -> "
        "(throttled := throttled_share(trial)) >= bounds.SERVICE_THROTTLED_SHARE": _NEVER_EQUAL,
        "_loop: own < bounds.MATERIAL_STAGE -> own <= bounds.MATERIAL_STAGE": _NEVER_EQUAL,
    },
    "analysis.expectation": {
        "_of_block: estimate.mean if estimate else 0.0 -> estimate.mean if estimate else 1.0": (
            "a block has a figure of each group, and there are groups"
        ),
        "_noise: (1, -1) -> (1, +1)": "no cell is on both sides, and weights are squared",
        "_noise: weights.get(title, 0.0) + sign / len(groups) -> "
        "weights.get(title, 0.0) - sign / len(groups)": "weights are squared",
        "_why: estimate.least is not None and estimate.most is not None -> "
        "estimate.least is not None or estimate.most is not None": "they are known together",
    },
    "analysis.fairness": {
        "fails_more: low > high -> low >= high": _NEVER_EQUAL,
    },
    "analysis.found_capacity": {
        "_beyond: found.below is None or found.below_outcome is None -> "
        "found.below is None and found.below_outcome is None": "they are absent together",
    },
    "analysis.search": {
        "TriedRates.at_least: r < end -> r <= end": "no rate both holds and fails",
        "_between: abs(math.log(rounded / middle)) <= NEAR_THE_MIDDLE * width -> "
        "abs(math.log(rounded / middle)) < NEAR_THE_MIDDLE * width": _NEVER_EQUAL,
    },
    "analysis.search_outcome": {
        "_confirmed: each.at_least is not None and is_confirmed(each) -> "
        "each.at_least is not None or is_confirmed(each)": (
            "asked only where each cell that carries a rate is confirmed"
        ),
    },
    "analysis.claim_standing": {
        "Reach.around: estimate.low is None or estimate.high is None -> "
        "estimate.low is None and estimate.high is None": "both are None together",
    },
    "analysis.comparison": {
        "_needed: _is_claimed_at_last(found, estimate, 1.0) -> "
        "_is_claimed_at_last(found, estimate, 2.0)": "no p value tells less than 1",
        ": {'requests_per_second': 1, 'cpu_micros': -1, 'p95_ms': -1} -> "
        "{'requests_per_second': 2, 'cpu_micros': -1, 'p95_ms': -1}": _SIGN,
        ": -1 -> -2": _SIGN,
        ": -1 -> -2 (2)": _SIGN,
        "is_clearly_worse: abs(found.estimate.mean) < MARGIN -> "
        "abs(found.estimate.mean) <= MARGIN": _NEVER_EQUAL,
        "is_clearly_worse: p >= _ALPHA -> p > _ALPHA": _NEVER_EQUAL,
        "_claim: p < _ALPHA -> p <= _ALPHA": _NEVER_EQUAL,
        "_outcome: p < _ALPHA -> p <= _ALPHA": _NEVER_EQUAL,
        "_outcome: p >= _ALPHA -> p > _ALPHA": _NEVER_EQUAL,
        "_outcome: estimate.mean > 0 -> estimate.mean >= 0": _NO_DIFFERENCE,
        "_outcome: estimate.mean * _BETTER[found.figure.rpartition('.')[2]] > 0 -> "
        "estimate.mean * _BETTER[found.figure.rpartition('.')[2]] >= 0": _NO_DIFFERENCE,
        "_outcome: estimate.mean * _BETTER[found.figure.rpartition('.')[2]] -> "
        "estimate.mean / _BETTER[found.figure.rpartition('.')[2]]": _SIGN,
        "is_clearly_worse: compare_in_family(found, p, 1) -> "
        "compare_in_family(found, p, 2)": "the outcome alone is read",
        "_why_hidden: mean_of(found.over, found.figure) or 0.0 -> "
        "mean_of(found.over, found.figure) or 1.0": "what its replicates have, a row has",
        "_why_delayed: mean_of(found.over, found.figure) or 0.0 -> "
        "mean_of(found.over, found.figure) or 1.0": "what its replicates have, a row has",
        "holm: [0.0] -> [1.0]": "each place is set afterwards",
    },
    "analysis.criteria": {
        "_figure: threshold.percent or 0.0 -> threshold.percent or 1.0": "a p has its percent",
    },
    "analysis.equivalence": {
        "seems_equal: abs(end) < MARGIN -> abs(end) <= MARGIN": _NEVER_EQUAL,
        "why_hidden: abs(end) < MARGIN -> abs(end) <= MARGIN": _NEVER_EQUAL,
        "why_delayed: estimate.mean > 0 -> estimate.mean >= 0": _NO_DIFFERENCE,
        "why_delayed: estimate.mean > 0 -> estimate.mean >= 0 (2)": _NO_DIFFERENCE,
        "why_delayed: longer - delay.of_ms(longer) > shorter -> "
        "longer - delay.of_ms(longer) >= shorter": _NEVER_EQUAL,
    },
    "analysis.open_ends": {
        ": OpenEnds(less=True) -> OpenEnds(less=False)": "read by others as they are imported",
    },
    "analysis.estimate": {
        "LogEstimate.detectable: smallest < _LARGEST_LOG -> smallest <= _LARGEST_LOG": _NEVER_EQUAL,
        "LogEstimate.detectable: half is None or self.main is None -> "
        "half is None and self.main is None": "both are None together",
        "LogEstimate.without_noise: Deviation(0.0, 1.0) -> Deviation(0.0, 2.0)": (
            "no error is as wide by any degrees"
        ),
    },
    "analysis.needed": {
        "blocks_equal: abs(mean) >= margin -> abs(mean) > margin": (
            "what lies on the margin is shown by no number of blocks"
        ),
        "blocks_equal.is_shown: max(side / error - strict, 0.0) -> "
        "max(side / error - strict, 1.0)": "a tail beyond 1 is more than is missed, too",
        "blocks_equal.is_shown: 1 - math.fsum(missed) >= POWER -> "
        "1 - math.fsum(missed) > POWER": _NEVER_EQUAL,
    },
    "analysis.hard_limit": {
        "fit_limit: best.worst >= _MARGIN -> best.worst > _MARGIN": _NEVER_EQUAL,
    },
    "analysis.noise_floor": {
        "_differs: abs(floor.ratio - 1) > EQUIVALENCE_MARGIN -> "
        "abs(floor.ratio - 1) >= EQUIVALENCE_MARGIN": _NEVER_EQUAL,
        "_differs: floor.p < 1 - CONFIDENCE -> floor.p <= 1 - CONFIDENCE": _NEVER_EQUAL,
    },
    "analysis.percentile_ends": {
        "_most_longer.is_unlikely: incomplete_beta(1 - share, count - most, most + 1) <= tail -> "
        "incomplete_beta(1 - share, count - most, most + 1) < tail": _NEVER_EQUAL,
    },
    "analysis.percentiles": {
        "_mean: estimate.mean if estimate else 0.0 -> estimate.mean if estimate else 1.0": (
            "there is a replicate always"
        ),
    },
    "analysis.scaling": {
        "_hard: size >= ENOUGH_OF_PEAK * knee -> size > ENOUGH_OF_PEAK * knee": _NEVER_EQUAL,
        "_refusal: abs(lost) < LEAST_BEND -> abs(lost) <= LEAST_BEND": _NEVER_EQUAL,
        "_refusal: within > LEAST_BEND -> within >= LEAST_BEND": _NEVER_EQUAL,
        "_refusal: lost > 0 -> lost >= 0": "a loss of nearly nothing is refused before",
    },
    "analysis.shares": {
        ": _NORMAL = 1000000000.0 -> _NORMAL = 1000000001.0": "as near to the normal distribution",
        "exact_interval: incomplete_beta(share, events, of - events + 1) > tail -> "
        "incomplete_beta(share, events, of - events + 1) >= tail": _NEVER_EQUAL,
        "exact_interval: incomplete_beta(share, events + 1, of - events) > 1 - tail -> "
        "incomplete_beta(share, events + 1, of - events) >= 1 - tail": _NEVER_EQUAL,
        "_where: (0.0, 1.0) -> (0.0, 2.0)": _WIDER_SEARCH,
        "_where: high - low > _FINE * high -> high - low >= _FINE * high": _NEVER_EQUAL,
    },
    "analysis.statistics": {
        "ends_of: low is not None and high is not None -> low is not None or high is not None": (
            "a figure has both ends, or none"
        ),
        ": _TINY = 1e-300 -> _TINY = 1.0": "no term of the fraction is 0 to the last digit",
        "interval_on_logs: 2 * half > math.log(WIDEST_INTERVAL) -> "
        "2 * half >= math.log(WIDEST_INTERVAL)": _NEVER_EQUAL,
        "t_quantile: (0.0, 1.0) -> (0.0, 2.0)": _WIDER_SEARCH,
        "t_quantile: high *= 2 -> high *= 3": _WIDER_SEARCH,
        "t_quantile: two_tails(high, degrees) > tail -> two_tails(high, degrees) >= tail": (
            _NEVER_EQUAL
        ),
        "t_quantile: two_tails(middle, degrees) > tail -> two_tails(middle, degrees) >= tail": (
            _NEVER_EQUAL
        ),
        "incomplete_beta: {0.0, 1.0} -> {0.0, 2.0}": "at 1 the other side is 0",
        "incomplete_beta: a + 1 -> a + 2": "both sides converge about there",
        "_beta_fraction: 500 + 10 * math.isqrt(int(max(a, b))) -> "
        "501 + 10 * math.isqrt(int(max(a, b)))": _CONVERGED,
        "_beta_fraction: 10 * math.isqrt(int(max(a, b))) -> 11 * math.isqrt(int(max(a, b)))": (
            _CONVERGED
        ),
        "_beta_fraction: max(a, b) -> min(a, b)": _CONVERGED,
        "_beta_fraction: abs(c * d - 1) < _CONVERGED -> abs(c * d - 1) <= _CONVERGED": (
            _NEVER_EQUAL
        ),
        "_beta_fraction: c * d -> c / d (2)": _CONVERGED,
    },
    "analysis.measured_levels": {
        "MeasuredLevels.of: found.mean < 0 -> found.mean <= 0": _NO_DIFFERENCE,
        "MeasuredLevels.of: found.doubt(found.mean) * (len(means) - 1) < 1 - CONFIDENCE -> "
        "found.doubt(found.mean) * (len(means) - 1) <= 1 - CONFIDENCE": _NEVER_EQUAL,
        "MeasuredLevels.recommendation: self._share(n) >= ENOUGH_OF_PEAK -> "
        "self._share(n) > ENOUGH_OF_PEAK": _NEVER_EQUAL,
    },
    "analysis.stages": {
        "share_out: ms >= LEAST_SHARE * whole -> ms > LEAST_SHARE * whole": _NEVER_EQUAL,
    },
    "analysis.summary": {
        "_overhead.rank: len(spent) - 1 -> len(spent) + 1": "0.95 of a number is below it",
    },
    "analysis.threshold": {
        "Threshold.bounds_tail: self.percent or 0.0 -> self.percent or 1.0": (
            "either is no percentile of a tail"
        ),
    },
    "analysis.usl": {
        ": _STEPS = 20 -> _STEPS = 21": "it has converged before",
        "_fit: (tuple((t / y for t in terms)), 1.0) -> (tuple((t / y for t in terms)), 2.0)": (
            "twice where Newton's steps begin, and they end at the same place"
        ),
        "_fit: min((_dot(terms, found) for terms, _ in data.points)) <= 0 -> "
        "min((_dot(terms, found) for terms, _ in data.points)) < 0": _NEVER_EQUAL,
        "_squares: min((value for value, _ in predicted)) <= 0 -> "
        "min((value for value, _ in predicted)) < 0": _NEVER_EQUAL,
        "_bends: straight < _NOTHING -> straight <= _NOTHING": _NEVER_EQUAL,
        "_bends: f_tail(more / 2 / max(squares / degrees, _NOTHING), 2, degrees) < 1 - CONFIDENCE "
        "-> f_tail(more / 2 / max(squares / degrees, _NOTHING), 2, degrees) <= 1 - CONFIDENCE": (
            _NEVER_EQUAL
        ),
        "fit_noise: chance < _LACK -> chance <= _LACK": _NEVER_EQUAL,
        "_parameters: base > 0 -> base >= 0": _NEVER_EQUAL,
        "_parameters: of_rate > _WIDEST_HALF -> of_rate >= _WIDEST_HALF": _NEVER_EQUAL,
        "_parameters: (tuple((t / _dot(terms, fitted) for t in terms)), 0.0) -> "
        "(tuple((t / _dot(terms, fitted) for t in terms)), 1.0)": "the right side is not read",
    },
    "analysis.utilisation": {
        "backlog: found.behind > bounds.BACKLOG_SHARE -> found.behind >= bounds.BACKLOG_SHARE": (
            "no double that is 1 less another is the one of 0.1"
        ),
        "waiting: each / bounds.POOL_WAITERS -> each * bounds.POOL_WAITERS": "the bound is 1",
        "_service: limit or 2 -> limit or 3": "either is more than one CPU",
    },
    **OF_CHOICE,
    **OF_TRIALS,
}
