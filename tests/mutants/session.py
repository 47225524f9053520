"""One pytest session that collects the tests once and runs them over each mutant in a fork.

As many forks run side by side as there are CPUs.
"""

import gc
import importlib
import json
import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.changes import Mutant, mutants_of
from tests.mutants.held import MODULES
from tests.mutants.known import EQUIVALENT
from tests.mutants.transplant import put_in_place

# In CPU time, all of them: the machine may be busy with something else.
# A test that takes longer is no part of it: what only a long simulation notices, survives.
LONGEST_TEST_SECONDS = 0.5
# A mutant that takes so many times as long as all tests without it never ends: they notice that.
PATIENCE = 3.0
LEAST_PATIENCE_SECONDS = 1.5
BASELINE_SECONDS = 300.0

EVERY_SECONDS = 10.0  # a line of progress


@dataclass
class Outcome:
    """What became of the mutants of one module."""

    module: str
    killed: int = 0
    equivalent: list[Mutant] = field(default_factory=list)
    survivors: list[Mutant] = field(default_factory=list)
    # Entries of the list of equivalents that are none: no such mutant, or a test notices it.
    mistaken: list[str] = field(default_factory=list)
    seconds: float = 0.0


class MutantSession:
    """A pytest plugin: it takes the place of the loop over the tests."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = modules
        self.outcomes: list[Outcome] = []

    def pytest_sessionstart(self) -> None:
        """Have every run try the same examples, and shrink none: that it fails is enough."""
        import hypothesis  # noqa: PLC0415 - pytest wants to see it imported first

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile(
            "mutants",
            derandomize=True,
            database=None,
            max_examples=25,
            phases=phases,
            deadline=None,
        )
        hypothesis.settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests of each module over each of its mutants."""
        seconds = _baseline(session)
        gc.freeze()  # a fork that collects garbage would copy all of the session
        for name in self._modules:
            own = [item for item in session.items if item.path.name in test_files(name)]
            items = [item for item in own if item.nodeid in seconds]
            print(f"{name}: {len(items)} tests", flush=True)
            items.sort(key=lambda item: seconds[item.nodeid])
            whole = sum(seconds[item.nodeid] for item in items)
            patience = max(PATIENCE * whole, LEAST_PATIENCE_SECONDS)
            self.outcomes.append(_hold(name, partial(_run, session, items), patience))
        return True


def test_files(name: str) -> set[str]:
    """Return the names of the files that hold a module's tests."""
    _, module = name.split(".")
    own = Path("tests/unit", name.replace(".", "/test_") + ".py")
    return {f"test_{stem}.py" for stem in MODULES[name]} | {
        path.name for path in own.parent.glob(f"test_{module}*.py")
    }


def _hold(name: str, run: Callable[[], int], patience: float) -> Outcome:
    module = importlib.import_module(f"loadlab.{name}")
    mutants = list(mutants_of(Path(str(module.__file__)).read_text()))
    outcome = Outcome(name)
    listed = dict(EQUIVALENT.get(name, {}))
    began = told = time.monotonic()
    runs = (partial(_run_over, run, module, mutant) for mutant in mutants)
    survivals = zip(mutants, _side_by_side(runs, patience), strict=True)
    for number, (mutant, survives) in enumerate(survivals, 1):
        is_listed = listed.pop(mutant.key, None) is not None
        _count(outcome, mutant, is_listed=is_listed, survives=survives)
        if time.monotonic() - told > EVERY_SECONDS:
            told = time.monotonic()
            print(f"  {number} of {len(mutants)}", flush=True)
    outcome.mistaken += listed
    outcome.seconds = time.monotonic() - began
    return outcome


def _count(outcome: Outcome, mutant: Mutant, *, is_listed: bool, survives: bool) -> None:
    match survives, is_listed:
        case True, True:
            outcome.equivalent.append(mutant)
        case True, False:
            outcome.survivors.append(mutant)
            print(f"  survived: {mutant}", flush=True)
        case _:
            outcome.killed += 1
            outcome.mistaken += [mutant.key] if is_listed else []


def _baseline(session: pytest.Session) -> Mapping[str, float]:
    """Run all tests unchanged; return what CPU time each takes that is quick enough."""
    with tempfile.NamedTemporaryFile("r+") as told:

        def measure() -> int:
            clock = _Clock()
            session.config.pluginmanager.register(clock)
            _run(session, session.items, stop=False)
            Path(told.name).write_text(json.dumps(clock.seconds))
            return len(clock.failed)

        if not _succeeds(measure, BASELINE_SECONDS):
            raise pytest.UsageError("the tests fail without any change")
        seconds: dict[str, float] = json.load(told)
        return seconds


class _TooLongError(BaseException):
    """Ends a test that is not quick, whatever it catches."""


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}  # of the quick ones
        self.failed: list[str] = []
        self._is_over = False
        signal.signal(signal.SIGVTALRM, self._end)

    def _end(self, *_: object) -> None:
        self._is_over = True
        raise _TooLongError

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        began, self._is_over = time.process_time(), False
        signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_TEST_SECONDS)
        try:
            yield
        except _TooLongError:
            pass
        except Exception:
            # What is raised amid a collection of garbage is only warned of, as if a test failed.
            if not self._is_over:
                self.failed.append(item.nodeid)
                raise
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if not self._is_over:
            self.seconds[item.nodeid] = time.process_time() - began


def _run_over(run: Callable[[], int], module: ModuleType, mutant: Mutant) -> int:
    put_in_place(module, mutant.tree)
    return run()


def _run(session: pytest.Session, items: Sequence[pytest.Item], *, stop: bool = True) -> int:
    session.items = list(items)
    for place, item in enumerate(items):
        following = items[place + 1] if place + 1 < len(items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed and stop:
            return 1
    return 0


def _side_by_side(runs: Iterable[Callable[[], int]], seconds: float) -> Iterator[bool]:
    """Whether each of them succeeds, in their order; as many run at a time as there are CPUs."""
    children: deque[int] = deque()
    for run in runs:
        if len(children) == os.cpu_count():
            yield _has_succeeded(children.popleft())
        children.append(_started(run, seconds))
    while children:
        yield _has_succeeded(children.popleft())


def _succeeds(run: Callable[[], int], seconds: float) -> bool:
    return _has_succeeded(_started(run, seconds))


def _has_succeeded(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _started(run: Callable[[], int], seconds: float) -> int:
    """Call a function in a silent process of its own, which ends with what it returns.

    It is killed once it has used so much CPU time.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            signal.setitimer(signal.ITIMER_PROF, seconds)
            code = run()
        finally:  # whatever was raised: the change broke the module
            os._exit(code)
    return child
