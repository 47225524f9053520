"""The traces of all processes of a service as one document of bounded size."""

import json
from collections.abc import Sequence
from typing import Any, Final

# A line of a generator's log holds it beside the snapshot; etcd keeps it in the LoadTrial.
MOST_BYTES: Final = 20 * 1024
MOST_GAPS: Final = 50  # of all event loops
Trace = dict[str, Any]


def lay_together(traces: Sequence[Trace | None]) -> Trace:
    """Lay the processes' traces together: times from the first one's begin, requests in order.

    What is too much to be sent on is thinned out: every second request goes, until it fits.
    """
    known = [(place, trace) for place, trace in enumerate(traces) if trace]
    begin = min((trace["beginsUs"] for _, trace in known), default=0)
    requests = [
        {"process": place, **each, "atUs": max(0, each["atUs"] - begin)}
        for place, trace in known
        for each in trace["requests"]
    ]
    lengths = sorted((gap[1] for _, trace in known for gap in trace["blocked"]), reverse=True)
    shortest = lengths[MOST_GAPS - 1] if len(lengths) >= MOST_GAPS else 0
    together: Trace = {
        "seconds": max((trace["seconds"] for _, trace in known), default=0),
        "processes": [_process(place, trace, begin, shortest) for place, trace in known],
        "requests": sorted(requests, key=lambda each: int(each["atUs"])),
    }
    while len(json.dumps(together)) > MOST_BYTES and len(together["requests"]) > 1:
        together["requests"] = together["requests"][::2]
    return together


def _process(place: int, trace: Trace, begin: int, shortest: int) -> Trace:
    gaps = [(max(0, at - begin), length) for at, length in trace["blocked"] if length >= shortest]
    return {"process": place, "seen": trace["seen"], "blocked": gaps}
