"""wrk: a closed loop of connections in a few threads, with a Lua script made for the trial.

What its script is handed at the end is a histogram of all answers in µs, which wrk has by then
filled up for coordinated omission: for a value v it has added v - e, v - 2e, … above e, where e is
the mean time from one request of a connection to the next (stats_correct in wrk's stats.c). So the
count at v is the recorded one and all recorded at v + e, v + 2e, …, and the recorded ones follow:
count(v) - count(v + e). Added up they must be the answers that wrk counted, or the run is void.
"""

import re
import tempfile
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any

from loadlab_services.generators.contract import ConfigurationError, Json, Trial
from loadlab_services.generators.document import Program, class_of
from loadlab_services.generators.outcome import Counts, Latencies, Outcome
from loadlab_services.generators.run import NO_OPTIONS, OneShot, Options, tool_environment
from loadlab_services.generators.values import LUA_MIX, has_variables, lua_string, lua_text
from loadlab_services.generators.watched import (
    ToolError,
    Usage,
    read_cpu_limit,
    run_watched,
    said_by,
    usable_cpus,
)

PATIENCE_SECONDS = 30.0  # for wrk to set up its threads and to end
LATENCY = (
    "closed loop, as the users met it: from sending a request to its last byte, without the set-up "
    "of connections; what wrk fills up for coordinated omission is taken out again"
)
# The struct is wrk's own: latency(i) would walk it anew for each value, which may take minutes.
LUA = """\
local ffi = require("ffi")
ffi.cdef[[
typedef struct { uint64_t count, limit, min, max; uint64_t data[]; } loadlab_stats;
typedef struct { long sec; long usec; } loadlab_timeval;
int gettimeofday(loadlab_timeval *, void *);
]]
%(mix)s
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  statuses = {}
  next_id = %(first)d + number * %(pods)d
  %(constant)s
end
%(request)s
function response(status)
  statuses[status] = (statuses[status] or 0) + 1
end

function done(summary, latency)
  local now = ffi.new("loadlab_timeval")
  ffi.C.gettimeofday(now, nil)
  local out = assert(io.open(%(found)s, "w"))
  local e = summary.errors
  out:write(string.format("ended %%.6f\\n", tonumber(now.sec) + tonumber(now.usec) / 1e6))
  out:write(string.format("summary %%d %%d %%d\\n",
    summary.duration, summary.requests, summary.bytes))
  out:write(string.format("errors %%d %%d %%d %%d\\n", e.connect, e.read, e.write, e.timeout))
  for _, thread in ipairs(threads) do
    for status, number in pairs(thread:get("statuses")) do
      out:write(string.format("status %%d %%d\\n", status, number))
    end
  end
  local stats = ffi.cast("loadlab_stats **", latency)[0]
  local low, high = tonumber(stats.min), tonumber(stats.max)
  if summary.requests > 0 then
    assert(low == latency.min and high == latency.max, "this wrk keeps its histogram otherwise")
    for value = low, high do
      if stats.data[value] > 0 then
        out:write(string.format("value %%d %%d\\n", value, tonumber(stats.data[value])))
      end
    end
  end
  out:write("complete\\n")
  out:close()
end
"""
LUA_REQUEST = """\
function request()
  local id = next_id
  next_id = next_id + %(step)d
  return wrk.format(wrk.method, %(path)s, %(headers)s, %(body)s)
end
"""
# Into wrk's own table: that holds the Host by now, which a table of ours would leave out.
LUA_CONSTANT = """\
for name, value in pairs(%(headers)s) do
    wrk.headers[name] = value
  end
  wrk.path, wrk.body = %(path)s, %(body)s"""


class Wrk(OneShot):
    """Runs wrk for one trial."""

    def __init__(self, trial: Trial, options: Options = NO_OPTIONS) -> None:
        if trial.iterations:
            raise ConfigurationError("wrk cannot be told how many requests to make")
        if trial.duration_ms % 1000 or trial.warmup_ms % 1000:
            raise ConfigurationError("wrk counts in whole seconds: duration and warmup")
        if trial.request.method == "HEAD":
            raise ConfigurationError("wrk waits for the body that an answer to HEAD does not have")
        self._trial = trial
        self._threads = threads_of(trial.users, options.threads)

    def program(self) -> Program:
        """Say which program it is."""
        found = re.match(r"wrk (\S+)", said_by("wrk", "-v"))
        return Program("wrk", found[1] if found else "unknown", LATENCY)

    def warm_up_seconds(self, seconds: float) -> float:
        """Return three quarters in whole seconds, but no less than one."""
        return max(1.0, 0.75 * seconds // 1)

    def load(self, seconds: float, first_id: int) -> tuple[Outcome, Usage]:
        """Load for so many seconds; see the module for the latencies."""
        trial = self._trial
        with tempfile.TemporaryDirectory() as folder:
            found, script = Path(folder) / "found", Path(folder) / "load.lua"
            script.write_text(self.script(first_id, found))
            command = ["wrk", f"-t{self._threads}", f"-c{trial.users}", f"-d{round(seconds)}s"]
            command += ["--timeout", f"{ceil(trial.timeout_ms / 1000)}s", "-s", str(script)]
            patience = seconds + PATIENCE_SECONDS
            ended = run_watched(
                [*command, trial.target], patience, tool_environment(), self._threads
            )
            if not found.exists():
                raise ToolError(f"wrk told nothing: {ended.out.strip()[-300:]}")
            outcome = read_found(found.read_text(), trial.users, trial.timeout_ms * 1000)
        return outcome, ended.usage

    def script(self, first_id: int, found: Path) -> str:
        """Write the script: the request with its variables, and what is told at the end."""
        trial, request = self._trial, self._trial.request
        varies = has_variables(trial)
        headers = ", ".join(
            f"[{lua_string(spelled(name))}] = {lua_text(trial, value)}"
            for name, value in request.headers.items()
        )
        parts = {
            "path": lua_text(trial, request.path),
            "headers": f"{{{headers}}}",
            "body": "nil" if request.body is None else lua_text(trial, request.body),
            "step": self._threads * trial.pods,
        }
        return f"wrk.method = {lua_string(request.method)}\n" + LUA % {
            "mix": LUA_MIX if varies else "",
            # A pod's numbers are those that leave its own remainder: pods with other shares of
            # the users, or on nodes with other CPUs, have other numbers of threads.
            "first": first_id + trial.pod,
            "pods": trial.pods,
            "found": lua_string(str(found)),
            "constant": "" if varies else LUA_CONSTANT % parts,
            "request": LUA_REQUEST % parts if varies else "",
        }


def threads_of(connections: int, asked: int) -> int:
    """Return how many threads share so many connections evenly: wrk opens no more than those.

    Where no number is asked for these are as many as the CPUs that it may use, at most.

    Raises:
        ConfigurationError: as many as were asked for do not.
    """
    if asked:
        threads = min(asked, connections)
        if connections % threads:
            raise ConfigurationError(f"wrk's {threads} threads cannot share {connections} users")
        return threads
    most = min(usable_cpus(), ceil(read_cpu_limit() or connections), connections)
    return next(threads for threads in range(most, 0, -1) if connections % threads == 0)


def spelled(header: str) -> str:
    """Spell a header as wrk looks for it: one `host` beside its own `Host` would be two."""
    return "Host" if header.lower() == "host" else header


def read_found(text: str, connections: int, timeout_us: int) -> Outcome:
    """Read what the script wrote.

    Raises:
        ToolError: it was cut, does not add up, or an answer came later than the timeout: wrk, which
            counts whole seconds, takes one of 1.8 s within 1.5 s for as good as any.
    """
    lines = [words for line in text.splitlines() if (words := line.split())]
    if not lines or lines[-1] != ["complete"]:
        raise ToolError("wrk's script was stopped before it had told all")
    told: dict[str, list[Any]] = {words[0]: words[1:] for words in lines}
    statuses, values = _counts(lines, "status"), _counts(lines, "value")
    duration_us, requests, received = map(int, told["summary"])
    errors = dict(
        zip(("connect", "read", "write", "timeout"), map(int, told["errors"]), strict=True)
    )
    recorded = taken_apart(values, duration_us, requests, connections)
    late = sum(count for value, count in recorded.items() if value > timeout_us)
    if late := late + errors["timeout"]:
        raise ToolError(
            f"{late} answers came later than load.request.timeout, and wrk does not "
            "tell which status they had: use k6, or raise the timeout"
        )
    if not sum(recorded.values()) == requests == sum(statuses.values()):
        raise ToolError(
            f"wrk counted {requests} answers, its histogram holds {sum(recorded.values())} and its "
            f"script saw {sum(statuses.values())}"
        )
    ended = float(told["ended"][0])
    began = ended - duration_us / 1e6
    return Outcome(
        began=began,
        first_answer=min(began + min(recorded, default=0) / 1e6, ended),
        ended=ended,
        statuses=statuses,
        latencies={_best(statuses): Latencies(recorded, recorded)} if recorded else {},
        without_answer=_without_answer(errors),
        cut=connections,
        bytes_received=received,
        mixes_failures=True,
    )


def _best(statuses: Counts) -> str:
    """Return the class of the good answers; of others where there is none. 100 is no answer yet."""
    return class_of(min(statuses, key=lambda status: (status < 200, status)))


def _without_answer(errors: Json) -> Mapping[str, int]:
    words = {"connect": "no connection", "read": "connection lost", "write": "not sent"}
    return {words[kind]: errors[kind] for kind in words if errors[kind]}


def taken_apart(values: Counts, duration_us: int, requests: int, connections: int) -> Counts:
    """Return the histogram without what wrk filled up for coordinated omission."""
    each = requests // connections
    if not each:
        return dict(values)
    expected = duration_us // each
    recorded = {
        value: count - (values.get(value + expected, 0) if value > expected else 0)
        for value, count in values.items()
    }
    if min(recorded.values(), default=0) < 0:
        raise ToolError("wrk's histogram was filled up otherwise than by its stats_correct")
    return {value: count for value, count in recorded.items() if count}


def _counts(lines: list[list[str]], kind: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for words in lines:
        if words[0] == kind:
            found[int(words[1])] = found.get(int(words[1]), 0) + int(words[2])
    return found
