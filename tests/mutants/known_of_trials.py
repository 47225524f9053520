"""Those of single trials, their measurement and validity, that change no figure."""

from collections.abc import Mapping

NEVER_EQUAL = "two numbers that are computed are never equal to the last digit"
_A_MILLIONTH = "a millionth part of it decides nothing"
_HAS_A_MEDIAN = "of seconds that all have a median, above 0"
_GREW = "of what grew over several seconds the median is above 0"
_DEPENDS = "what depends on those cut off is not the same wherever they lie, and is left out so"

# As in known.
OF_TRIALS: Mapping[str, Mapping[str, str]] = {
    "measurement.foreign_cpu": {
        "_logs: lines * LOG_LINE_MICROS / 1000000.0 -> lines * LOG_LINE_MICROS / 1000001.0": (
            _A_MILLIONTH
        ),
        "_believed: sum(ours.values()) > MOST_OF_BUSY * busy + BUSY_SLACK -> "
        "sum(ours.values()) >= MOST_OF_BUSY * busy + BUSY_SLACK": NEVER_EQUAL,
    },
    "measurement.latency": {
        ": {'med': 50.0, 'p90': 90.0, 'p95': 95.0, 'p99': 99.0, 'max': 100.0} -> "
        "{'med': 50.0, 'p90': 90.0, 'p95': 95.0, 'p99': 99.0, 'max': 101.0}": (
            "beyond the last there is no percentile"
        ),
        "Latency.known_percent: max(1, self.count + cut) -> max(2, self.count + cut)": (
            "of one request that had no answer nothing is known"
        ),
        "Latency._same_wherever_cut: p <= highest -> p < highest": _DEPENDS,
        "Latency._same_wherever_cut: range(int(highest * _STEPS), 0, -1) -> "
        "range(int(highest * _STEPS), 1, -1)": "nobody asks for the least tenth of a percent",
        "Latency._same_wherever_cut: p < limit -> p <= limit": _DEPENDS,
        "Latency._is_same: most <= (1 + bounds.CUT_APART) * least -> "
        "most < (1 + bounds.CUT_APART) * least": NEVER_EQUAL,
        "Latency._ends_us: max(0.0, at) -> max(1.0, at)": "below the first there is no rank",
        "Latency._ends_us: max(1, count) -> max(2, count)": (
            "of one answer all percentiles are that one"
        ),
    },
    "measurement.backlog": {
        (
            "Backlog.is_kept: "
            "grown <= (1 - bounds.KEPT_UNTIL_LAST) * offered * load.duration_seconds -> "
            "grown < (1 - bounds.KEPT_UNTIL_LAST) * offered * load.duration_seconds"
        ): "1 - 0.99 is a little more than 0.01",
    },
    "measurement.series": {
        "Series.of: (end - start) // w -> (end - start) / w": (
            "both are below a whole number, or neither is"
        ),
    },
    "measurement.without_answer": {
        "_guess: load.timeout_ms * 1000 -> load.timeout_ms * 1001": (
            "half of the time-out is far from both"
        ),
    },
    "measurement.request_counts": {
        "_share_between: second.t + 1 -> second.t + 2": "no second ends before its first answer",
    },
    "validity.few_users": {
        "_made_too_late: late_ms <= max(bounds.LATE_MS, bounds.LATE_SHARE * latency.p99) -> "
        "late_ms < max(bounds.LATE_MS, bounds.LATE_SHARE * latency.p99)": NEVER_EQUAL,
        "_made_too_late: trial.load.rate_per_second or 0.0 -> "
        "trial.load.rate_per_second or 1.0": "without a rate all users are there from the start",
        "_made_too_late: bounds.USERS_HEADROOM * asked * sending.latency.percentile_us(99) / "
        "1000000.0 -> bounds.USERS_HEADROOM * asked * sending.latency.percentile_us(99) / "
        "1000001.0": _A_MILLIONTH,
        "_are_alike: sending.latency.percentile_us(50) <= bounds.SLOWED_BY_USERS * fastest_us -> "
        "sending.latency.percentile_us(50) < bounds.SLOWED_BY_USERS * fastest_us": NEVER_EQUAL,
        "_carried_more: line.p50_us or 0 -> line.p50_us or 1": _HAS_A_MEDIAN,
        "_while_users_grew: line.p50_us or 0 -> line.p50_us or 1": _HAS_A_MEDIAN,
        "_while_users_grew: max(at_work, default=0) -> max(at_work, default=1)": (
            "what grew has seconds"
        ),
        "_while_users_grew: users >= enough -> users > enough": NEVER_EQUAL,
        "_while_users_grew: next((place for place, users in enumerate(at_work) if users >= enough),"
        " 0) -> next((place for place, users in enumerate(at_work) if users >= enough), 1)": (
            "the most of them are enough"
        ),
        "_relative_growth: trend and usual -> trend or usual": _GREW,
        "_relative_growth: trend.slope / usual if trend and usual else 0.0 -> "
        "trend.slope / usual if trend and usual else 1.0": _GREW,
        "_users_needed: (trial.load.rate_per_second or 0.0) * trial.latency.min_us / 1000000.0 -> "
        "(trial.load.rate_per_second or 0.0) * trial.latency.min_us / 1000001.0": _A_MILLIONTH,
        "_is_anything_full: service.event_loop_lag_p50_ms or 0.0 -> "
        "service.event_loop_lag_p50_ms or 1.0": "the bound is 10",
        "_is_anything_full: service.pool_waiters or 0.0 -> service.pool_waiters or 1.0": (
            "the bound is 1 or more"
        ),
    },
    "validity.generator_rules": {
        "backlog_growth: slope < (1 - kept) * offered -> slope <= (1 - kept) * offered": (
            NEVER_EQUAL
        ),
        "_planned_skew_ms: max(1, load.virtual_users) -> max(2, load.virtual_users)": (
            "a ramp has a user for each pod, and two pods are compared at least"
        ),
    },
    "validity.instruments": {
        "counts_apart: "
        "max(counts.client - counts.server, counts.server - counts.client - followed, 0.0) -> "
        "max(counts.client - counts.server, counts.server - counts.client - followed, 1.0)": (
            "the bound is 1 or more"
        ),
        "counts_apart: counts.seconds < bounds.COUNT_MIN_SECONDS -> "
        "counts.seconds <= bounds.COUNT_MIN_SECONDS": NEVER_EQUAL,
    },
    "validity.lateness": {
        "was_late_itself: late_ms > max(bounds.LATE_VOID_MS, "
        "bounds.LATE_VOID_SHARE * latency.p99) -> late_ms >= max(bounds.LATE_VOID_MS, "
        "bounds.LATE_VOID_SHARE * latency.p99)": (
            "a bucket of such times ends at an odd number of microseconds, and no bound does"
        ),
    },
    "validity.little_law": {
        "little_violated: gap > bound -> gap >= bound": NEVER_EQUAL,
        "little_violated: gap > bounds.LITTLE_BROKEN + edge -> "
        "gap >= bounds.LITTLE_BROKEN + edge": NEVER_EQUAL,
        "_seconds_of_users: until < load.ramp_up_seconds -> until <= load.ramp_up_seconds": (
            "at the end of a ramp both are half of it"
        ),
    },
    "validity.noise": {
        "_in_words: found.logs >= LEAST_TOLD -> found.logs > LEAST_TOLD": NEVER_EQUAL,
    },
    "validity.ran_as": {
        "_is_same: abs(ran - asked) < LEAST_DIFFERENCE -> abs(ran - asked) <= LEAST_DIFFERENCE": (
            "whole thousandths of a CPU never differ by half of one"
        ),
    },
    "validity.steadiness": {
        "warm_up_unfinished: max(1, trial.requests) -> max(2, trial.requests)": (
            "one that is left is more than a fiftieth of one or two requests"
        ),
        "warm_up_counted: slower >= material -> slower > material": NEVER_EQUAL,
        "warm_up_counted: slower > bounds.WARM_UP_ERRORS * noise -> "
        "slower >= bounds.WARM_UP_ERRORS * noise": NEVER_EQUAL,
        "_growth: trend.low <= 0 -> trend.low < 0": "so little growth is not told",
        "_growth: trend.slope * span >= least -> trend.slope * span > least": NEVER_EQUAL,
    },
    "validity.writes": {
        "_is_behind: found.behind > bounds.BACKLOG_SHARE -> found.behind >= bounds.BACKLOG_SHARE": (
            "no double that is 1 less another is the one of 0.1"
        ),
    },
}
