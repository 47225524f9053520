"""The modules that are held, and their mutants that change no figure, each with its reason."""

from collections.abc import Mapping, Sequence

# By module: the tests of it beside test_MODULE*.py.
MODULES: Mapping[str, Sequence[str]] = {
    "analysis.statistics": ["distributions"],
    "analysis.intervals": [],
    "analysis.blocks": [],
    "analysis.comparison": ["best"],
    "analysis.welch": [],
    "analysis.shares": [],
    "analysis.percentiles": ["cell"],
    "analysis.cell_latency": ["late_cell"],
    "analysis.cell_work": [],
    "analysis.usl": [],
    "analysis.scaling": [],
    "analysis.hard_limit": ["scaling"],
    "analysis.best": [],
    "analysis.criteria": ["overload"],
    "analysis.verdict": [],
    "analysis.estimate": ["welch"],
    "analysis.stages": [],
    "analysis.attribution": ["situations"],
    "analysis.utilisation": ["attribution", "situations"],
    "analysis.capacity": [],
    "validity.noise": [],
    "validity.trend": [],
    "validity.steadiness": [],
    "validity.lateness": [],
    "validity.judge": ["families", "open_load"],
    "validity.standing": [],
}

_NEVER_EQUAL = "two numbers that are computed are never equal to the last digit"
_WIDER_SEARCH = "the search starts wider, and ends at the same number"

# By module, then "function: before -> after": why no figure changes.
EQUIVALENT: Mapping[str, Mapping[str, str]] = {
    "analysis.estimate": {
        "LogEstimate.detectable: half is None or self.main is None -> "
        "half is None and self.main is None": "both are None together",
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
}
