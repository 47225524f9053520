"""The traced second of each variant of `wells`, on the cluster: where a ping beside pages waits."""

from statistics import fmean
from typing import Any

import pytest
import yaml

from loadlab.measurement.documents.trace import Trace
from loadlab.model.status import LoadTrialStatus
from tests.e2e.cluster_tools import REPOSITORY, SAMPLES, Lab, condition, run
from tests.e2e.premises import measure
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
PING, PAGES = "GET /ping", "GET /wells"
VARIANTS = ("blocking", "def", "threadpool", "async")
REPORT = REPOSITORY / "build" / "trace.html"


def waited(trace: Trace, name: str, *stages: str) -> float:
    """The mean, over the requests whose names begin so, of their time in some stages, in ms."""
    found = [
        sum(us for stage, _, us in each.spans if stage in stages)
        for each in trace.requests
        if each.name.startswith(name)
    ]
    # A ping that waits half a second for the loop comes twice in a traced second.
    assert len(found) >= 2, f"{len(found)} requests {name} were traced"
    return fmean(found) / 1000


def still(trace: Trace) -> float:
    """The share of the trace in which the event loop did not come round."""
    (process,) = trace.processes
    return sum(us for _, us in process.blocked) / 1e6 / trace.seconds


def cpu_of(trial: Json) -> float:
    """CPU microseconds of the service for each request."""
    status = LoadTrialStatus.model_validate(trial["status"])
    assert status.measurement is not None
    components: dict[str, Any] = status.measurement["measurement"]["components"]
    return float(components["service"]["cpu_micros_per_request"])


def by_role(trials: dict[str, Json], role: str, variant: str) -> list[Json]:
    specs = ((trial, trial["spec"]) for trial in trials.values())
    return [t for t, s in specs if s["role"] == role and s["cell"]["variant"] == variant]


def print_costs(trials: dict[str, Json]) -> None:
    """Print what a request cost while its service traced, beside what it costs otherwise."""
    for variant in VARIANTS:
        (traced,) = map(cpu_of, by_role(trials, "Traced", variant))
        usual = fmean(map(cpu_of, by_role(trials, "Measured", variant)))
        print(f"{variant}: {traced:,.0f} µs of CPU a request traced, {usual:,.0f} otherwise")
        print(f"  ratio {traced / usual:.3f}")
        assert 0.5 < traced / usual < 2


def test_a_trace_shows_why_a_ping_beside_blocking_pages_waits(lab: Lab):
    spec = dict(yaml.safe_load((SAMPLES / "trace.yaml").read_text())["spec"])
    status, node = measure(lab, "trace", 300, **spec)
    trials = lab.trials("trace")
    REPORT.parent.mkdir(exist_ok=True)
    loadlab = REPOSITORY / ".venv" / "bin" / "loadlab"
    print(run(loadlab, "results", "trace", "-n", lab.namespace, "-o", "md"))
    run(loadlab, "report", "trace", "-n", lab.namespace, "-o", REPORT)
    left = lab.leftovers("trace")
    lab.delete("trace")

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert (status["progress"], left) == ("8/8", [])
    told = {name: by_role(trials, "Traced", name)[0]["status"] for name in VARIANTS}
    traces = {name: Trace.model_validate(each["trace"]) for name, each in told.items()}
    for name, trace in traces.items():
        stages = {s: f"{waited(trace, PAGES, s):.1f}" for s in ("loop", "thread", "query")}
        ping = waited(trace, PING, "loop")
        print(f"{name}: loop still {still(trace):.0%}, ping waits {ping:.1f} ms; pages {stages}")
    print_costs(trials)
    node.require()
    blocking = traces["blocking"]
    assert still(blocking) > 0.5
    assert waited(blocking, PING, "loop") > 5 * waited(blocking, PING, "query", "serialise")
    for name in VARIANTS[1:]:
        assert waited(traces[name], PING, "loop") < waited(blocking, PING, "loop") / 3
        assert still(traces[name]) < still(blocking)
    in_threads = waited(traces["def"], PAGES, "thread", "connection", "query")
    assert in_threads > waited(traces["def"], PAGES, "loop")
    assert waited(blocking, PAGES, "thread") == 0
