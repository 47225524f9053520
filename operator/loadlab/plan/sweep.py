"""The combinations of one variant's levels, counted before the first of them is built.

Twenty levels of six factors are 64 million combinations, of which the exclusions may leave any
number. Walking through the factors, all that matters of the levels chosen so far is which patterns
they still match: ways to get there that match the same patterns are counted once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import prod

from loadlab.catalogue import Level

Combination = tuple[Level, ...]


class UncountableError(ValueError):
    """The patterns overlap in more ways than are looked at."""


class Budget:
    """How many states all counts together may look at."""

    def __init__(self, states: int) -> None:
        self._left = states

    def spend(self) -> None:
        """Take one state.

        Raises:
            UncountableError: none is left.
        """
        if not self._left:
            raise UncountableError
        self._left -= 1


class Sweep:
    """Levels by factor, and patterns (levels by factor, all of which must match) to leave out."""

    def __init__(
        self,
        levels: Mapping[str, Sequence[Level]],
        patterns: Sequence[Mapping[str, object]],
        budget: Budget,
    ) -> None:
        named = [p for p in patterns if p.keys() <= levels.keys()]  # others match no combination
        self.factors = tuple(levels)
        self._levels = tuple(tuple(dict.fromkeys(each)) for each in levels.values())
        self._budget = budget
        self._all = (1 << len(named)) - 1
        self._kept = [
            {level: _mask(p.get(factor, level) == level for p in named) for level in each}
            for factor, each in zip(self.factors, self._levels, strict=True)
        ]
        self._matched = [  # by a choice for each of the first n factors, if still alive
            _mask(p.keys() <= set(self.factors[:depth]) for p in named)
            for depth in range(len(self.factors) + 1)
        ]
        self._counts: dict[tuple[int, int], int] = {}

    @property
    def combinations(self) -> int:
        """How many there are before anything is left out."""
        return prod(map(len, self._levels))

    def count(self) -> int:
        """Return how many combinations no pattern leaves out.

        Raises:
            UncountableError: the budget is spent.
        """
        return self._count(0, self._all)

    def __iter__(self) -> Iterator[Combination]:
        """Yield what is counted, the last factor's levels changing first."""
        return self._walk(0, self._all)

    def _walk(self, depth: int, alive: int) -> Iterator[Combination]:
        if not self._count(depth, alive):
            return
        if depth == len(self._levels):
            yield ()
            return
        for level in self._levels[depth]:
            for rest in self._walk(depth + 1, alive & self._kept[depth][level]):
                yield (level, *rest)

    def _count(self, depth: int, alive: int) -> int:
        """Count the ways to go on after `depth` choices that match the patterns in `alive`."""
        if alive & self._matched[depth]:
            return 0
        if not alive:
            return prod(map(len, self._levels[depth:]))
        known = self._counts.get((depth, alive))
        if known is None:
            self._budget.spend()
            alike = Counter(alive & kept for kept in self._kept[depth].values())
            known = sum(times * self._count(depth + 1, left) for left, times in alike.items())
            self._counts[depth, alive] = known
        return known


def _mask(bits: Iterator[bool]) -> int:
    return sum(1 << place for place, is_set in enumerate(bits) if is_set)
