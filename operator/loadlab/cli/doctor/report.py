"""All checks of `loadlab doctor`, as lines and as JSON."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict

from rich.text import Text

from loadlab.base.text import plain
from loadlab.cli.doctor import allowed, installed, namespace, nodes
from loadlab.cli.doctor.finding import Ask, Finding, Outcome

_COLOURS = {Outcome.OK: "green", Outcome.WARNING: "yellow", Outcome.PROBLEM: "red"}
_WIDTH = max(map(len, Outcome))


def diagnose(ask: Ask, server: str, place: str, version: str) -> tuple[Finding, ...]:
    """Look at all that a namespace's experiments need; where nothing answers, at nothing more."""
    cluster = installed.cluster(ask, server)
    if not ask("/version").is_there:
        return (cluster,)
    deployments, found_nodes = installed.operators(ask), ask("/api/v1/nodes")
    checks: dict[str, Callable[[], Iterable[Finding]]] = {
        "crd": lambda: [installed.crd(ask, version)],
        "operator": lambda: installed.operator(deployments, place, version),
        "rights": lambda: allowed.allowed(ask, place),
        "images": lambda: installed.images(deployments, found_nodes),
        "nodes": lambda: nodes.nodes(ask, found_nodes),
        "namespace": lambda: namespace.namespace(ask, place),
    }
    return (cluster, *(each for name, look in checks.items() for each in _looked(name, look)))


def _looked(name: str, look: Callable[[], Iterable[Finding]]) -> tuple[Finding, ...]:
    """Run one check; an answer that is no API server's (a proxy's, say) ends no other."""
    try:
        return tuple(look())
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        told = f"the answer was not understood ({type(error).__name__}: {error})"
        return (Finding(name, Outcome.UNKNOWN, told),)


def has_problem(found: Sequence[Finding]) -> bool:
    """Whether an experiment would not run."""
    return any(finding.outcome is Outcome.PROBLEM for finding in found)


def lines(found: Sequence[Finding]) -> Iterator[Text]:
    """Yield a line for each finding, and below it what to do."""
    for each in found:
        outcome = (f"{each.outcome:{_WIDTH}}", _COLOURS.get(each.outcome, ""))
        yield Text.assemble(outcome, "  ", plain(f"{each.check}: {each.message}"))
        if each.remedy:
            yield Text(f"{'':{_WIDTH}}  → {plain(each.remedy)}")


def document(found: Sequence[Finding]) -> str:
    """Write the findings as JSON."""
    return json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False)
