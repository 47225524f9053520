"""hey: a closed loop of workers, each with its one request after the other.

`-o` of hey is a template of its report (Go's text/template), of which `csv` is one. So it is asked
for what csv rounds to 0.1 ms or leaves out: seconds as they are, and the errors by their texts.
hey keeps the times of a million answers at most; a run of more is void. It drops the error with
which the body of an answer ended: one that took as long as the time-out was given up there.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from math import ceil, isfinite
from pathlib import Path

from loadlab_services.generators.contract import FIRST_ID, ConfigurationError, Trial
from loadlab_services.generators.document import Program, class_of
from loadlab_services.generators.outcome import Counts, Latencies, Outcome, Second
from loadlab_services.generators.run import (
    NO_OPTIONS,
    WARM_UP_SHARE,
    OneShot,
    Options,
    tool_environment,
)
from loadlab_services.generators.values import has_variables
from loadlab_services.generators.watched import ToolError, Usage, run_watched, said_by, usable_cpus

PATIENCE_SECONDS = 60.0  # for hey to end and to write its report
MOST_ANSWERS = 1_000_000
TIMED_OUT = "Client.Timeout exceeded"  # Go's words for what was given up
IN_ITS_BODY = f"{TIMED_OUT} while reading body"
LATENCY = (
    "closed loop, as the users met it: from asking for a connection to the last byte, whole "
    "nanoseconds as hey keeps them"
)
TEMPLATE = (
    "total {{.Total.Nanoseconds}} {{.NumRes}} {{.SizeTotal}}\n"
    '{{range $text, $n := .ErrorDist}}error {{$n}} {{printf "%q" $text}}\n{{end}}'
    "{{$c := .ConnLats}}{{$s := .StatusCodes}}{{$o := .Offsets}}"
    "{{range $i, $v := .Lats}}a {{$v}} {{index $c $i}} {{index $s $i}} {{index $o $i}}\n{{end}}"
    "complete"
)


Answer = tuple[float, float, int, float]  # seconds in all, of them connecting; status; start


class Hey(OneShot):
    """Runs hey for one trial."""

    def __init__(self, trial: Trial, options: Options = NO_OPTIONS) -> None:
        if options.threads:
            raise ConfigurationError("hey has no threads to be told of")
        if trial.timeout_ms % 1000:
            raise ConfigurationError("hey counts its timeout in whole seconds")
        if has_variables(trial):
            raise ConfigurationError("hey sends the same request always: it knows no variables")
        if unsayable := [each for each in trial.request.headers.items() if not _can_say(*each)]:
            raise ConfigurationError(f"hey cannot send the header {unsayable[0][0]} as it is given")
        self._trial = trial
        if trial.iterations % trial.users:
            raise ConfigurationError("hey's users make the same number of iterations each")

    def program(self) -> Program:
        """Say which program it is; hey itself does not tell its version, but its package does."""
        version = said_by("dpkg-query", "-W", "-f", "${Version}", "hey").strip()
        return Program("hey", version or "unknown", LATENCY)

    def warm_up_seconds(self, seconds: float) -> float:
        """Return three quarters: the rest lets the last requests end."""
        return WARM_UP_SHARE * seconds

    def load(self, seconds: float, first_id: int) -> tuple[Outcome, Usage]:
        """Load for so many seconds, and until the last request under way has ended."""
        counted = self._trial.iterations and first_id == FIRST_ID["measure"]
        number, length = str(self._trial.iterations), f"{round(seconds * 1000)}ms"
        command = ["hey", *(("-n", number) if counted else ("-z", length))]
        limit = seconds + self._trial.timeout_ms / 1000 + PATIENCE_SECONDS
        # Told to stop it ends as after a time, and reports what it made by then.
        stop = seconds if counted else None
        with tempfile.TemporaryDirectory() as folder:
            command += self._arguments(Path(folder) / "body")
            ended = run_watched(command, limit, tool_environment(), usable_cpus(), stop_after=stop)
        return read_report(self._trial, ended.out, ended.began), ended.usage

    def _arguments(self, body: Path) -> list[str]:
        """Return the request and its users as hey wants them told; the body from a file.

        Linux takes at most 128 KiB in one argument, and 65,536 characters may be 256 KiB.
        """
        trial, request = self._trial, self._trial.request
        headers = {name.title(): value for name, value in request.headers.items()}
        kind = headers.pop("Content-Type", "text/html")
        host = headers.pop("Host", "")  # which Go takes from no header
        words = ["-c", str(trial.users), "-m", request.method, "-T", kind, "-o", TEMPLATE]
        words += ["-t", str(ceil(trial.timeout_ms / 1000)), "-disable-compression"]
        words += ["-disable-redirects"]
        words += ["-host", host] if host else []
        for name, value in headers.items():
            words += ["-H", f"{name}: {value}"]
        if request.body is not None:
            body.write_bytes(request.body.encode())
            words += ["-D", str(body)]
        return [*words, trial.target + request.path]


def _can_say(header: str, value: str) -> bool:
    """Whether hey's -H takes it; to a User-Agent hey adds its own."""
    takes = re.fullmatch(r"[\w-]+", header, re.ASCII) is not None and bool(value.strip())
    return takes and header.lower() != "user-agent"


def read_report(trial: Trial, text: str, began: float) -> Outcome:
    """Read what the template wrote; hey's offsets count from its own start, in seconds since 1970.

    Raises:
        ToolError: it was cut, has more answers than hey keeps, or does not add up.
    """
    lines = text.splitlines()
    if not lines or lines[-1] != "complete":
        raise ToolError("hey's report was cut, or is none")
    try:
        total_ns, requests, received = (int(word) for word in lines[0].split()[1:])
        errors = dict(_errors(lines))
        answers = [_answer(line) for line in lines if line.startswith("a ")]
    except ValueError as error:
        raise ToolError(f"hey's report cannot be read: {error}") from error
    if len(answers) + sum(errors.values()) != requests:
        raise ToolError(
            f"hey made {requests} requests and keeps the times of {len(answers)}, of "
            f"{MOST_ANSWERS:,} at most: take a shorter duration, or k6"
        )
    most = trial.timeout_ms / 1000
    whole = [answer for answer in answers if answer[0] < most]
    given_up = len(answers) - len(whole)
    first, last = _window(answers, total_ns / 1e9, has_errors=bool(errors))
    return Outcome(
        began=began + first,
        first_answer=began + min((offset + took for took, _, _, offset in answers), default=0.0),
        ended=began + last,
        statuses=Counter(status for _, _, status, _ in whole),
        latencies=dict(_latencies(whole)),
        without_answer=errors | ({IN_ITS_BODY: given_up} if given_up else {}),
        bytes_received=max(received, 0),
        seconds=_seconds(trial, answers, began),
        iterations=_iterations(trial, answers, errors) if errors or given_up else {},
    )


def _window(answers: list[Answer], total: float, *, has_errors: bool) -> tuple[float, float]:
    """Return the first send and the last end, in seconds since hey's start.

    hey does not say when the requests without an answer began and ended: with any of them it is the
    whole run, as those that time out are sent before and end after all answers.
    """
    if has_errors or not answers:
        return 0.0, total
    ends = [offset + took for took, _, _, offset in answers]
    return min(offset for _, _, _, offset in answers), max(ends)


def _iterations(trial: Trial, answers: list[Answer], errors: Mapping[str, int]) -> Counts:
    """Return what requests took of their users' time, in µs: of time-outs the time-out.

    What other errors took is not told; they are taken for as long as the mean answer.
    """
    took = Counter(round(latency * 1e6) for latency, _, _, _ in answers)
    mean = sum(us * n for us, n in took.items()) / len(answers) if answers else 0.0
    for text, number in errors.items():
        took[round(trial.timeout_ms * 1000 if TIMED_OUT in text else mean)] += number
    return took


def _answer(line: str) -> Answer:
    latency, connecting, status, offset = map(float, line.split()[1:])
    if not all(map(isfinite, (latency, connecting, status, offset))):
        raise ValueError(f"{line!r} is no time")
    return latency, connecting, int(status), offset


def _errors(lines: list[str]) -> Iterator[tuple[str, int]]:
    for line in lines:
        if line.startswith("error "):
            _, number, text = line.split(" ", 2)
            yield text.strip('"').replace('\\"', '"'), int(number)


def _latencies(answers: list[Answer]) -> Iterator[tuple[str, Latencies]]:
    by_class: dict[str, list[tuple[float, float]]] = {}
    for latency, connecting, status, _ in answers:
        by_class.setdefault(class_of(status), []).append((latency, connecting))
    for name, found in by_class.items():
        sent = Counter(round((latency - connecting) * 1e6) for latency, connecting in found)
        yield name, Latencies(sent, Counter(round(latency * 1e6) for latency, _ in found))


def _seconds(trial: Trial, answers: list[Answer], began: float) -> dict[int, Second]:
    found: dict[int, Second] = {}
    for latency, _, status, offset in answers:
        second = found.setdefault(int(began + offset + latency), Second())
        second.requests += 1
        if latency * 1000 >= trial.timeout_ms or trial.has_failed(status):
            second.failed += 1
        elif class_of(status) == "2xx":
            second.good_us.append(round(latency * 1e6))
    return found
