"""Prints what the statistics were held against: coverage, false claims and power.

make simulations
"""

import itertools
import math
import random
import time
from collections.abc import Iterator
from dataclasses import replace

from loadlab.analysis.noise_floor import Finding
from loadlab.model.status import ComparisonOutcome
from tests.simulations.backlogs import share_missed
from tests.simulations.counting import Counting, share_coverage
from tests.simulations.growth import (
    PARAMETERS,
    ClosedQueue,
    Growth,
    Plateau,
    falls_told,
    fitted,
    law_coverage,
)
from tests.simulations.queues import grows, noisy, queue, share_told, warms_up
from tests.simulations.searches import Queue, cost, near, rounds, told_apart
from tests.simulations.stages import grown, one_noisier, two_cells
from tests.simulations.unpaired import TwoRuns, unpaired_claims, unpaired_coverage
from tests.simulations.world import (
    SEED,
    World,
    coverage,
    families_with_a_claim,
    floors_found,
    mean_covers,
    pairs_cover,
    pooled_mean_covers,
    pooled_pairs_cover,
    power,
)

ROUNDS = 2000
_FINDINGS = (Finding.LOW, Finding.HIGH, Finding.DIFFERS)
_DRIFTS = (0.0, 0.05, 0.10)


def coverages() -> Iterator[str]:
    """Yield the coverage of each kind of interval."""
    yield f"Coverage of 95 % intervals, {ROUNDS:,} experiments of six cells each"
    yield f"{'interval':<44}{'n':>4}{'noise':>8}{'drift':>8}{'covers':>9}"
    own = [("Student, ratio within blocks", pairs_cover), ("Student, mean of a cell", mean_covers)]
    for name, covers in own:
        drifts = (0.0, 0.3) if covers is pairs_cover else (0.0,)
        for drift in drifts:
            for blocks in (3, 5, 10):
                for noise in (0.05, 0.15, 0.30):
                    found = coverage(World(blocks, noise, drift=drift), covers, ROUNDS)
                    yield f"{name:<44}{blocks:>4}{noise:>8.0%}{drift:>8.0%}{found:>9.1%}"
    pooled = [("pooled, ratio", pooled_pairs_cover), ("pooled, mean", pooled_mean_covers)]
    for name, covers in pooled:
        for blocks in (3, 4):
            for noisier in (1, 2, 4, 10):
                world = World(blocks, 0.05, noisier=noisier)
                told = name if noisier == 1 else f"{name}, this cell {noisier} times as noisy"
                found = coverage(world, covers, ROUNDS)
                yield f"{told:<44}{blocks:>4}{0.05:>8.0%}{0:>8.0%}{found:>9.1%}"


def shares() -> Iterator[str]:
    """Yield how often the interval of a share of failures covers it."""
    yield ""
    yield "Share of failures among 1,000 requests a replicate: coverage of its 95 % interval"
    yield f"{'share':>8}{'n':>4}{'spread':>8}{'covers':>9}"
    for share in (0.0002, 0.001, 0.01, 0.05):
        for replicates in (3, 5, 10):
            for spread in (0.0, 0.5):
                world = Counting(share, replicates, spread=spread)
                found = share_coverage(world, ROUNDS)
                yield f"{share:>8.2%}{replicates:>4}{spread:>8.0%}{found:>9.1%}"


def laws() -> Iterator[str]:
    """Yield how often the intervals of the scalability law cover its parameters."""
    yield ""
    yield "Scalability law, 3 % noise a trial, contention 0.05, coherence 0.002: coverage"
    yield f"{'sizes':<20}{'blocks':>8}" + "".join(f"{name:>12}" for name in PARAMETERS)
    for sizes in ((1, 2, 4, 8), (1, 2, 4, 8, 16), (8, 16, 32, 64, 128)):
        for blocks in (3, 5, 10):
            found = law_coverage(Growth(sizes, blocks), ROUNDS // 4)
            told = "".join(f"{found[name]:>12.1%}" for name in PARAMETERS)
            yield f"{', '.join(map(str, sizes)):<20}{blocks:>8}{told}"
    chance, straight = random.Random(SEED), Growth(contention=0, coherence=0)
    bent = sum(fitted(straight, chance).bends for _ in range(ROUNDS // 4)) / (ROUNDS // 4)
    yield f"a straight line is said to bend in {bent:.1%}"


def falls() -> Iterator[str]:
    """Yield how often throughput is said to fall, of what never does and of what does."""
    yield ""
    yield "Throughput that is said to fall: a closed queue, a plateau, and a fall of 8 % (8 to 16)"
    noises = (0.003, 0.01, 0.03)
    yield f"{'sweep':<44}{'blocks':>8}" + "".join(f"{noise:>9.1%}" for noise in noises)
    sweeps = ((1, 2, 4, 8), (1, 2, 3, 4, 6, 8), (1, 2, 4, 6, 8, 12, 16), (1, 2, 4, 8, 16))
    worlds: list[tuple[str, Growth]] = [
        (f"queue, {', '.join(map(str, sizes))}", ClosedQueue(sizes)) for sizes in sweeps
    ]
    worlds += [("plateau from 6 on", Plateau()), ("peak at 9.7", Growth(coherence=0.01))]
    for name, world in worlds:
        for blocks in (3, 5):
            drawn = (replace(world, blocks=blocks, noise=noise) for noise in noises)
            found = "".join(f"{falls_told(each, ROUNDS // 20):>9.1%}" for each in drawn)
            yield f"{name:<44}{blocks:>8}{found}"


def false_claims() -> Iterator[str]:
    """Yield how often equal cells are told apart."""
    yield ""
    yield "Six equal cells, three figures: experiments with any difference claimed, standard error"
    for blocks in (3, 4, 5, 10):
        found = families_with_a_claim(World(blocks, 0.05), ROUNDS)
        yield f"  {blocks:>2} blocks {found:>7.1%} +- {math.sqrt(found * (1 - found) / ROUNDS):.1%}"


def same_cell_twice() -> Iterator[str]:
    """Yield what is said of a cell that is run under two names, where it is biased and not."""
    yield ""
    yield "The same cell twice beside two others, three figures: what the noise floor is said to be"
    yield f"{'blocks':>8}{'noise':>8}{'bias':>8}" + "".join(f"{each:>10}" for each in _FINDINGS)
    for blocks in (3, 5, 10):
        for noise, bias in ((0.025, 0.0), (0.10, 0.0), (0.025, 0.10)):
            world = World(blocks, noise, cells=3, gain=math.log1p(bias))
            found = floors_found(world, ROUNDS // 4)
            told = "".join(f"{found[each]:>10.1%}" for each in _FINDINGS)
            yield f"{blocks:>8}{noise:>8.1%}{bias:>8.0%}{told}"


def powers() -> Iterator[str]:
    """Yield how often a difference in CPU is found."""
    yield ""
    yield "Two cells, 2.5 % noise a trial: how often a difference in CPU per request is found"
    yield f"{'pairs':>8}" + "".join(f"{gain:>+8.0%}" for gain in (0.0, 0.02, 0.03, 0.05, 0.10))
    for blocks in (3, 5, 10, 20):
        found = (
            power(World(blocks, 0.025, cells=2, gain=math.log1p(gain)), ROUNDS // 8)
            for gain in (0.0, 0.02, 0.03, 0.05, 0.10)
        )
        shares = (each[ComparisonOutcome.IMPROVED] for each in found)
        yield f"{blocks:>8}" + "".join(f"{share:>8.0%}" for share in shares)


def steadiness() -> Iterator[str]:
    """Yield how often a window is called a transient."""
    yield ""
    yield "Windows said to grow, or to hold a warm-up; noise of a second's figure, with memory"
    yield f"{'window':<44}" + "".join(f"{seconds:>6} s" for seconds in (7, 14, 30))
    for noise, memory in ((0.1, 0.0), (0.3, 0.0), (0.3, 0.5)):
        for name, says in (("grows", grows), ("warms up", warms_up)):
            windows = [noisy(seconds, noise, memory) for seconds in (7, 14, 30)]
            found = "".join(f"{share_told(each, says, ROUNDS // 4):>8.1%}" for each in windows)
            yield f"{f'noise {noise:.0%}, memory {memory:g}: {name}':<44}{found}"
    for use in (0.5, 0.8, 0.9, 1.1, 1.2):
        windows = [queue(seconds, 200, use) for seconds in (7, 14, 30)]
        found = "".join(f"{share_told(each, grows, ROUNDS // 40):>8.0%}" for each in windows)
        yield f"{f'queue at 200/s, {use:.0%} used: grows':<44}{found}"


def unpaired() -> Iterator[str]:
    """Yield coverage and false claims of a comparison with an earlier experiment."""
    yield ""
    yield "Two experiments, unpaired (Welch): coverage, and claims where the machine has drifted"
    yield f"{'replicates':>12}{'noise':>12}{'covers':>9}" + "".join(f"{d:>+9.0%}" for d in _DRIFTS)
    for replicates in ((5, 5), (10, 10), (5, 20)):
        for noise in ((0.03, 0.03), (0.02, 0.10), (0.10, 0.02)):
            covers = unpaired_coverage(TwoRuns(replicates, noise), ROUNDS)
            claims = (
                unpaired_claims(TwoRuns(replicates, noise, shift=math.log1p(drift)), ROUNDS)
                for drift in _DRIFTS
            )
            told = "/".join(map(str, replicates)), "/".join(f"{each:.0%}" for each in noise)
            shares = "".join(f"{share:>9.0%}" for share in claims)
            yield f"{told[0]:>12}{told[1]:>12}{covers:>9.1%}{shares}"


def two_stages() -> Iterator[str]:
    """Yield what comes of experiments whose first blocks say how many there are."""
    yield ""
    yield "Precision in two stages, at most 100 blocks: +-3 % at 2.5 % noise a trial, two cells"
    yield f"{'first blocks':<44}{'covers':>9}{'reached':>9}{'blocks':>8}{'widest':>8}"
    worlds = [(f"{n}", two_cells(n, 0.025, 0.03)) for n in (3, 5, 8)]
    worlds += [(f"{n}, +-5 %, one of 3 cells noisier", one_noisier(n)) for n in (3, 5)]
    for name, stages in worlds:
        it = grown(stages, ROUNDS // 2)
        yield f"{name:<44}{it.covers:>9.1%}{it.reached:>9.0%}{it.blocks:>8}{it.widest:>8.1%}"


def searches() -> Iterator[str]:
    """Yield how near a search comes to a capacity that is known, and what it costs."""
    yield ""
    yield "Search for the capacity of an M/M/1 queue: within 10 % of it, and trials; a sweep of the"
    yield "rates between its lowest and its highest, in 5 % steps of 5 replicates, beside it"
    heads = ("noise", "within", "found", "swept", "trials", "share")
    yield f"{'capacity':>10}" + "".join(f"{head:>8}" for head in heads)
    for speed in (60.0, 1000.0, 40_000.0):
        for noise, within in ((0.0, 0.05), (0.025, 0.05), (0.05, 0.05), (0.05, 0.10)):
            queue = Queue(speed, noise)
            found = rounds(queue, ROUNDS // 2, within=within)
            near_it, swept = near([it.search for it in found]), near([it.sweep for it in found])
            trials = sum(it.search.trials for it in found) / len(found)
            yield (
                f"{queue.capacity:>10,.0f}{noise:>8.1%}{within:>8.0%}{near_it:>8.1%}{swept:>8.1%}"
                f"{trials:>8.1f}{cost(found):>8.0%}"
            )


def equal_searches() -> Iterator[str]:
    """Yield how often searches tell cells apart that are equal, and that are not."""
    yield ""
    yield "Searches of cells that are told apart, within 5 %: one of all others, and one of any"
    yield f"{'cells':>8}{'noise':>8}{'faster':>8}{'of all':>9}{'of any':>9}"
    for cells, noise, gain in itertools.product((2, 6, 10), (0.025, 0.05), (1.0, 1.2, 1.33)):
        queues = [*[Queue(noise=noise)] * (cells - 1), Queue(1000.0 * gain, noise)]
        found = told_apart(queues, ROUNDS // 4)
        yield f"{cells:>8}{noise:>8.1%}{gain - 1:>8.0%}{found.of_all:>9.1%}{found.of_any:>9.1%}"


def overloads() -> Iterator[str]:
    """Yield how often an open load is said not to be carried, by what share of full it uses."""
    yield "\nOpen loads of an M/M/1 queue that are said not to be carried, 200 of each"
    uses = (0.7, 0.9, 0.95, 1.05, 1.25, 1.5)
    yield f"{'':<44}" + "".join(f"{use:>8.0%}" for use in uses)
    for rate, seconds in itertools.product((50, 200), (4, 6, 8, 15)):
        shares = "".join(f"{share_missed(seconds, rate, use, 200):>8.1%}" for use in uses)
        yield f"{f'{rate} a second for {seconds} s':<44}{shares}"


_PARTS = (
    coverages,
    shares,
    laws,
    falls,
    false_claims,
    same_cell_twice,
    powers,
    two_stages,
    unpaired,
    steadiness,
    overloads,
    searches,
    equal_searches,
)


def main() -> None:
    """Print everything."""
    began = time.monotonic()
    for part in _PARTS:
        for line in part():
            print(line, flush=True)
    print(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
