"""What the instruments cost a service: CPU per request beside the same app without them.

    .venv/bin/pytest -m truth tests/services/instruments/test_cost.py

A round has new processes, as two of the same program differ by how their memory happens to lie: it
is one replicate. In it the servers take turns by blocks of some milliseconds, in an order drawn
anew for each turn and then backwards, so that what disturbs the machine is in all of them. Nothing
is dropped.
"""

import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from loadlab.analysis.statistics import standard_error, t_quantile
from tests.services.instruments.loaded_servers import Server, State, serving_in_each_state

pytestmark = pytest.mark.truth  # four minutes of a machine without other work: not of `make test`
# Logarithms of the CPU per request, each the mean of a round's blocks.
Round = Mapping[State, float]
# Rounds are added until the interval of what is off is so narrow, by its half on the logarithms.
# Where it lies is not looked at: that would choose the result.
NARROW = 0.004
FEWEST_ROUNDS = 8
SECONDS = 108.0  # of one app's rounds: none begins that would end later
# An interval of 95 % lies beside the truth in one run of twenty, this one in one of a thousand.
SURE = 0.999
REQUESTS = {"ping": 50, "page": 16}  # of a block: some milliseconds each
TURNS = {"ping": 80, "page": 35}  # of a round
MOST_COUNTED = {"ping": 1.10, "page": 1.03}
MOST_TRACED = {"ping": 1.30, "page": 1.10}
MOST_IDLE = 0.01  # of a CPU, beside the server's own
IDLE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """CPU per request with the instruments over that without them, with its interval."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, state: State, rounds: Sequence[Round], confidence: float = 0.95) -> "Ratio":
        logs = [each[state] - each[State.PLAIN] for each in rounds]
        mean = math.fsum(logs) / len(logs)
        half = t_quantile(len(logs) - 1, confidence) * standard_error(logs)
        return cls(math.exp(mean), math.exp(mean - half), math.exp(mean + half))

    def __str__(self) -> str:
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"


@pytest.mark.parametrize("app", REQUESTS)
def test_off_costs_nothing_and_a_trial_little(app, tmp_path, capsys, record_property):
    rounds = measured_rounds(app, tmp_path)
    told = "\n".join(told_of(app, rounds))
    record_property("cpu_per_request", told)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")

    off, surely = Ratio.of(State.OFF, rounds), Ratio.of(State.OFF, rounds, SURE)
    assert off.low > 0.99, told
    assert off.high < 1.01, told
    assert surely.low <= 1 <= surely.high, told
    assert Ratio.of(State.COUNTED, rounds).high < MOST_COUNTED[app], told
    assert Ratio.of(State.TRACED, rounds).high < MOST_TRACED[app], told


def measured_rounds(app: str, folder: Path) -> list[Round]:
    """Measure rounds until the interval is narrow, or the time is up."""
    began = time.monotonic()
    chance = Random()  # of a fixed seed each run would have the bias of one order
    rounds: list[Round] = []
    while True:
        rounds.append(measured_round(app, folder, chance))
        passed = time.monotonic() - began
        if passed * (len(rounds) + 1) / len(rounds) > SECONDS or is_narrow(rounds):
            return rounds


def is_narrow(rounds: Sequence[Round]) -> bool:
    """Tell whether what is off is known well enough; where it lies does not matter."""
    if len(rounds) < FEWEST_ROUNDS:
        return False
    off = Ratio.of(State.OFF, rounds)
    return math.log(off.high / off.low) / 2 <= NARROW


def measured_round(app: str, folder: Path, chance: Random) -> Round:
    """Let four new servers take their turns."""
    logs: dict[State, list[float]] = {state: [] for state in State}
    beginning = chance.sample(list(State), len(State))
    with serving_in_each_state(app, folder, beginning) as servers:
        for _ in range(TURNS[app]):
            # One with more blocks than another would find more of its own in the CPU's caches.
            order = chance.sample(list(State), len(State))
            for state in [*order, *reversed(order)]:
                logs[state].append(math.log(servers[state].cpu_per_request(REQUESTS[app])))
    return {state: math.fsum(each) / len(each) for state, each in logs.items()}


def told_of(app: str, rounds: Sequence[Round]) -> Iterator[str]:
    """Tell the ratios of an app, and what they are in microseconds."""
    plain = math.exp(math.fsum(each[State.PLAIN] for each in rounds) / len(rounds)) * 1e6
    yield f"{app}: {plain:.1f} µs of CPU per request without instruments, {len(rounds)} rounds"
    for state in list(State)[1:]:
        ratio = Ratio.of(state, rounds)
        yield f"  {state:8} {ratio}  {(ratio.mean - 1) * plain:+.2f} µs"


def test_an_idle_service_is_left_asleep(tmp_path, capsys, record_property):
    with serving_in_each_state("ping", tmp_path) as servers:
        shares = idle_shares(servers)
    told = ", ".join(f"{state} {share * 1000:.2f}" for state, share in shares.items())
    record_property("idle_cpu_ms_per_second", told)
    with capsys.disabled():
        sys.stdout.write(f"\nidle, ms of CPU a second: {told}\n")

    assert shares[State.OFF] < 1.5 * shares[State.PLAIN], told
    assert shares[State.COUNTED] - shares[State.PLAIN] < MOST_IDLE, told


def idle_shares(servers: Mapping[State, Server]) -> Mapping[State, float]:
    """Read how much of a CPU each server takes that nobody asks anything."""
    before = {state: each.cpu_seconds() for state, each in servers.items()}
    time.sleep(IDLE_SECONDS)
    return {
        state: (each.cpu_seconds() - before[state]) / IDLE_SECONDS
        for state, each in servers.items()
    }
