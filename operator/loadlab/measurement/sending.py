"""How the requests of an open model were sent: how late, and what is reported as their latency.

A user who came at the moment that a request was planned for has waited from then on, also while
the generator was not yet able to send it. So the latency of a planned request runs from its
intended start (Tene, How NOT to measure latency; wrk2). The time before it was sent is the
generator's own, and part of that latency; the one from the send leaves it out, and whatever the
service did in it. The truth lies between the two, and where they are close they are the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from loadlab.measurement.documents import Distribution, Split
from loadlab.measurement.histogram import Histogram, HistogramText

COARSE_BITS = 4  # to 1.6 %: what is only held against the latency itself need not be finer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Of requests that were planned for a moment each."""

    lateness: HistogramText  # from that moment until the request was sent
    latency: HistogramText  # of successful answers, from the send


@dataclass(frozen=True, slots=True)
class SplitLatency:
    """The latency of some requests as it is reported, and how they were sent where that is told."""

    latency: Histogram
    sending: Sending | None

    @classmethod
    def of(cls, splits: Sequence[Split]) -> Self:
        """Merge requests: from their intended starts if all have one, else from the send."""
        good = [split for split in splits if split.succeeded]
        sent = Histogram.merged(split.http_req_total.hdr for split in good)
        planned = [split.http_req_from_intended for split in good if _is_planned(split)]
        if not good or len(planned) < len(good):
            return cls(sent, None)
        lateness = Histogram.merged(_known(split.http_req_lateness for split in splits))
        return cls(
            Histogram.merged(_known(planned)),
            Sending(lateness=lateness.coarser(COARSE_BITS), latency=sent.coarser(COARSE_BITS)),
        )


def _is_planned(split: Split) -> bool:
    planned = split.http_req_from_intended
    return planned is not None and planned.count == split.http_req_total.count


def _known(distributions: Iterable[Distribution | None]) -> Iterable[Histogram]:
    return (found.hdr for found in distributions if found is not None)
