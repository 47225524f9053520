"""Outcomes as the document of docs/contracts/generator-document.schema.json."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

from hdrh.histogram import HdrHistogram

from loadlab_services.generators.contract import Json, Trial
from loadlab_services.generators.outcome import Counts, Latencies, Outcome, Second
from loadlab_services.generators.watched import Usage, read_cpu_limit

VERSION = 1
LOWEST_US, HIGHEST_US, DIGITS = 1, 120_000_000, 3
NO_ANSWER = "err"
MOST_FAILURES = 20
LONGEST_TEXT = 200
LONGEST_NAME = 60
NOTHING = Latencies({}, {})
_ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b|\[[0-9a-fA-F:.%]+\](:\d+)?")
_ASKED = re.compile(r'^\w+ "[^"]*": ')  # Go says first what was asked of whom


@dataclass(frozen=True)
class Program:
    """The program that made the load, and which latency it tells."""

    name: str
    version: str
    latency: str  # in words, for people

    def document(self, *, mixes_failures: bool) -> Json:
        """Return it as the document has it."""
        told = {"name": self.name, "version": self.version[:LONGEST_NAME], "latency": self.latency}
        return told | ({"latencyMixesFailures": True} if mixes_failures else {})


@dataclass(frozen=True)
class End:
    """When a pod began and ended, in seconds since 1970, and why it did not end as planned."""

    began: float
    ended: float
    error: str = ""
    exit_code: int = 0


def build_document(
    trial: Trial, program: Program, scenarios: Mapping[str, tuple[Outcome, Usage]], end: End
) -> Json:
    """Return the result of a pod; with an error it is a void one, whatever it holds."""
    segment, sequence = trial.segment
    mixes = any(outcome.mixes_failures for outcome, _ in scenarios.values())
    return {
        "version": VERSION,
        "generator": program.document(mixes_failures=mixes),
        "unit": "us",
        "lowest": LOWEST_US,
        "highest": HIGHEST_US,
        "digits": DIGITS,
        "complete": True,
        **({"error": end.error, "exit_code": end.exit_code} if end.error else {}),
        "segment": segment,
        "sequence": sequence,
        "startedUs": _us(end.began),
        "endedUs": _us(end.ended),
        "scenarios": {
            name: _scenario(trial, outcome, usage)
            for name, (outcome, usage) in scenarios.items()
            if outcome.requests or outcome.cut
        },
        "trends": {},
        "counters": {"accepted": 0, "accepted_id_sum": 0, "accepted_id_mix": 0},
    }


def _scenario(trial: Trial, outcome: Outcome, usage: Usage) -> Json:
    return {
        "requests": outcome.requests,
        "failed": sum(failed for _, failed in _by_class(trial, outcome).values()),
        "iterations": outcome.requests,
        "droppedIterations": 0,
        "interruptedIterations": outcome.cut,
        "bytesReceived": outcome.bytes_received,
        "firstStartUs": _us(outcome.began),
        "firstSampleUs": _us(outcome.first_answer),
        "lastSampleUs": _us(outcome.ended),
        "status": {name: n for name, (n, _) in _by_class(trial, outcome).items()},
        "failures": _failures(trial, outcome),
        "splits": list(_splits(trial, outcome)),
        "iteration_duration": distribution(outcome.iterations or _all_totals(outcome)),
        "virtualUsersMax": trial.users,
        "series": [_second(at, each) for at, each in sorted(outcome.seconds.items())],
        "generator": _usage(usage),
    }


def _by_class(trial: Trial, outcome: Outcome) -> dict[str, tuple[int, int]]:
    """Count requests and failed ones among them, by status class."""
    found: dict[str, tuple[int, int]] = {}
    for status, number in sorted(outcome.statuses.items()):
        before, failed = found.get(class_of(status), (0, 0))
        failed += number if trial.has_failed(status) else 0
        found[class_of(status)] = (before + number, failed)
    if nowhere := sum(outcome.without_answer.values()):
        found[NO_ANSWER] = (nowhere, nowhere)
    return found


def class_of(status: int) -> str:
    """Spell the class of a status, such as 2xx."""
    return f"{status // 100}xx"


def _splits(trial: Trial, outcome: Outcome) -> Iterable[Json]:
    """Tell a class apart by its outcome; of a class in which some failed, by none.

    That is 3xx only, where 304 is a good answer and 302 none.
    """
    for name, (number, failed) in _by_class(trial, outcome).items():
        found = outcome.latencies.get(name, NOTHING)
        yield {
            "name": trial.request.name,
            "class": name,
            "requests": number,
            "failed": failed,
            "http_req_duration": distribution(found.from_send),
            "http_req_total": distribution(found.total),
        }


def _all_totals(outcome: Outcome) -> Counts:
    totals: Counter[int] = Counter()
    for each in outcome.latencies.values():
        totals.update(each.total)
    return totals


def distribution(values: Counts) -> Json:
    """Write values in µs as a histogram."""
    histogram, clamped = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS), 0
    for value, number in values.items():
        histogram.record_value(min(max(value, LOWEST_US), HIGHEST_US), number)
        clamped += number if value > HIGHEST_US else 0
    total = sum(values.values())
    return {
        "count": total,
        "min": min(values, default=0),
        "max": max(values, default=0),
        "mean": sum(v * n for v, n in values.items()) / total if total else 0,
        **({"clamped": clamped} if clamped else {}),
        "hdr": histogram.encode().decode("ascii"),
    }


def _failures(trial: Trial, outcome: Outcome) -> list[Json]:
    texts: Counter[tuple[str, str]] = Counter()
    for status, number in outcome.statuses.items():
        if trial.has_failed(status):
            texts[class_of(status), status_text(status)] += number
    for said, number in outcome.without_answer.items():
        texts[NO_ANSWER, plain(said)] += number
    ordered = sorted(texts.items(), key=lambda found: (-found[1], found[0]))
    rest: Counter[tuple[str, str]] = Counter()
    for (kind, _), number in ordered[MOST_FAILURES:]:
        rest[kind, "other errors"] += number
    return [
        {"class": kind, "text": text, "requests": number}
        for (kind, text), number in (*ordered[:MOST_FAILURES], *rest.items())
        if number
    ]


def status_text(status: int) -> str:
    """Spell a status with its name."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def plain(text: str) -> str:
    """Return an error without what differs from request to request, in one printable line."""
    bare = _ADDRESS.sub("ADDRESS", _ASKED.sub("", text))
    line = " ".join("".join(c if c.isprintable() else " " for c in bare).split())
    return line[:LONGEST_TEXT] or "no answer"


def _second(at: int, second: Second) -> Json:
    good = sorted(second.good_us)
    ranks = {"p50": 50, "p95": 95, "p99": 99}
    found = {
        name: good[ceil(len(good) * rank / 100) - 1] if good else 0 for name, rank in ranks.items()
    }
    return {"t": at, "n": second.requests, "err": second.failed, **found}


def _usage(usage: Usage) -> Json:
    return {
        "cpuSeconds": usage.cpu_seconds,
        "wallSeconds": usage.wall_seconds,
        "cpus": usage.cpus,
        "cpuLimit": read_cpu_limit(),
        "throttledSeconds": usage.throttled_seconds,
        "schedWaitShare": usage.sched_wait_share,
        "peakRssBytes": usage.peak_rss_bytes,
        "gcPauseUs": 0,
        "longestPauseUs": usage.longest_pause_us,
        "clockStepUs": usage.clock_step_us,
    }


def _us(moment: float) -> int:
    return round(moment * 1e6)
