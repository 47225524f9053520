"""What a pod is given, and how it prints the lines that are read back (docs/contracts)."""

import json
import sys
import threading
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Self, TextIO

Json = dict[str, Any]

# What of a configuration a tool of others may leave alone: it says nothing of the requests.
_NOT_OF_REQUESTS = {
    *("run", "pods", "target", "readinessPath", "readinessHeaders", "runsAlready"),
    *("steward", "variant", "deadlines"),
}
# What is looked at here or by the tool. Whatever else a configuration asks for is refused.
_KNOWN = _NOT_OF_REQUESTS | {
    *("requests", "ids", "timeoutMs", "redirects", "variables", "load", "paddingBytes"),
    *("side", "freshness", "tellsCache", "thinkTimeMs"),
}
_KNOWN_OF_REQUEST = {"name", "method", "path", "headers", "body", "weight", "writes"}
PADDING = "${padding}"
# Numbers of the warm-up start far above those of the measurement, as in k6's script.
FIRST_ID = {"measure": 1, "warmup": 1_000_000_000}


class ConfigurationError(ValueError):
    """The configuration asks for what this generator cannot do; nothing was sent."""


@dataclass(frozen=True)
class Request:
    """The one request of the load; path, headers and body may hold ${variables}."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None

    @property
    def texts(self) -> tuple[str, ...]:
        """All that may hold variables."""
        return (self.path, *self.headers.values(), self.body or "")


@dataclass(frozen=True)
class Ids:
    """The first that ${request_id} puts in, of measurement and warm-up; and ${experiment_id}."""

    measure: int = FIRST_ID["measure"]
    warmup: int = FIRST_ID["warmup"]
    experiment: str = ""

    @property
    def ahead(self) -> tuple[int, int]:
        """How far they are ahead of the numbers of measurement and warm-up."""
        return self.measure - FIRST_ID["measure"], self.warmup - FIRST_ID["warmup"]

    def number(self, number: int) -> int:
        """Return what ${request_id} puts into the request of a number."""
        return number + self.ahead[number >= FIRST_ID["warmup"]]


@dataclass(frozen=True)
class Trial:
    """One pod's share of a trial; times in milliseconds."""

    run: str
    pod: int
    pods: int
    target: str
    readiness_path: str
    readiness_headers: Mapping[str, str]
    runs_already: bool
    steward: str
    steward_token: str
    variant: str
    request: Request
    variables: Mapping[str, tuple[int, int]]
    ids: Ids
    redirects: str
    timeout_ms: int
    users: int  # of this pod
    all_users: int
    warmup_ms: int
    duration_ms: int
    iterations: int  # that are the load, within duration; 0 for as many as it allows
    graceful_stop_ms: int
    ready_ms: int
    drain_ms: int

    @property
    def segment(self) -> tuple[str, str]:
        """This pod's share of the load and the edges of all shares, as k6 spells them."""
        if self.pods == 1:
            return "", ""
        cuts = [_cut(number, self.pods) for number in range(self.pods + 1)]
        return f"{cuts[self.pod]}:{cuts[self.pod + 1]}", ",".join(cuts)

    def has_failed(self, status: int) -> bool:
        """Whether an answer is a failure: a redirect is none only where it is accepted."""
        led_on = status in {301, 302, 303, 307, 308} and self.redirects != "Accept"
        return led_on or not 200 <= status < 400


def _cut(number: int, pods: int) -> str:
    return str(number // pods) if number in {0, pods} else f"{number}/{pods}"


def read_trial(environment: Mapping[str, str]) -> Trial:
    """Read TRIAL_0, TRIAL_1, …

    Raises:
        ConfigurationError: it is none, or asks for what no generator here can do.
    """
    numbers = iter(range(len(environment)))
    names = (f"TRIAL_{number}" for number in numbers)
    text = "".join(iter(lambda: environment.get(next(names), ""), ""))
    try:
        given = json.loads(text)
        pod = int(environment.get("JOB_COMPLETION_INDEX", "0"))
        return _trial(given, pod, environment.get("STEWARD_TOKEN", ""))
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ConfigurationError(f"TRIAL_0, … hold no configuration: {error!r}") from error


def _trial(given: Json, pod: int, token: str) -> Trial:
    _refuse_what_nobody_does(given)
    load, request = given["load"], given["requests"][0]
    users, pods = load["virtualUsers"], given["pods"]
    padding = "x" * given["paddingBytes"]
    body = request["body"] and request["body"].replace(PADDING, padding)
    own = users * (pod + 1) // pods - users * pod // pods
    if own < 1:
        raise ConfigurationError(f"{users} users cannot be shared by {pods} pods")
    return Trial(
        run=given["run"],
        pod=pod,
        pods=pods,
        target=given["target"],
        readiness_path=given["readinessPath"],
        readiness_headers=given.get("readinessHeaders", {}),
        runs_already=given.get("runsAlready", False),
        steward=given["steward"],
        steward_token=token,
        variant=given["variant"],
        request=Request(
            request["name"], request["method"], request["path"], request["headers"], body
        ),
        variables={name: (r["min"], r["max"]) for name, r in given["variables"].items()},
        ids=Ids(**given.get("ids", {})),
        redirects=given["redirects"],
        timeout_ms=given["timeoutMs"],
        users=own,
        all_users=users,
        warmup_ms=load["warmupMs"],
        duration_ms=load["durationMs"],
        iterations=load.get("iterations", 0),
        graceful_stop_ms=load["gracefulStopMs"],
        ready_ms=given["deadlines"]["readyMs"],
        drain_ms=given["deadlines"]["drainMs"],
    )


def asked_in_vain(given: Json) -> dict[str, bool]:
    """Tell of each thing that no generator here can do whether a configuration asks for it.

    The operator refuses these before; an operator of another release may not know them.
    """
    return {
        "an open model or a ramp": given["load"]["executor"] != "constant-vus",
        "a calibration": bool(given.get("calibration")),
        "several requests": len(given["requests"]) > 1,
        "requests beside the load": bool(given["side"]),
        "a look at freshness": bool(given["freshness"]),
        "figures by what a cache said": bool(given["tellsCache"]),
        "an account of writes": any(request["writes"] for request in given["requests"]),
        "pauses of users": bool(given["thinkTimeMs"]),
        "a target by https": not given["target"].startswith("http://"),
        "variables of other than whole numbers": any(
            not {"min", "max"} <= each.keys() for each in given["variables"].values()
        ),
        "following redirects": given["redirects"] == "Follow",
        "iterations by several pods": bool(given["load"].get("iterations")) and given["pods"] > 1,
    }


def _refuse_what_nobody_does(given: Json) -> None:
    asked = asked_in_vain(given)
    asked |= {name: bool(value) for name, value in given.items() if name not in _KNOWN}
    asked |= {
        f"{name} of a request": bool(value)
        for request in given["requests"]
        for name, value in request.items()
        if name not in _KNOWN_OF_REQUEST
    }
    if wanted := [what for what, is_asked in asked.items() if is_asked]:
        raise ConfigurationError(f"this generator cannot do {', '.join(wanted)}: use k6")


@dataclass
class Lines:
    """Writes the lines that are read back, each in one piece after the run's token."""

    token: str
    out: TextIO = field(default_factory=lambda: sys.stdout)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def taking_token(cls, environment: MutableMapping[str, str]) -> Self:
        """Take the token out of the environment: no tool that is started may know it."""
        return cls(environment.pop("LOADLAB_TOKEN", ""))

    def write(self, key: str, value: object) -> None:
        """Write one object of one key."""
        text = json.dumps({key: value}, separators=(",", ":"))
        with self._lock:
            self.out.write(f"{self.token} {text}\n" if self.token else f"{text}\n")
            self.out.flush()
