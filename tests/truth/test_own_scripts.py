"""Ten kinds of k6 script as trials, and by plain k6 in a pod: the same requests and times.

An iteration sleeps for 50 ms, and each answer takes 20: the script alone says what is measured.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

import pytest

from loadlab.measurement.histogram import Histogram
from tests.e2e.agreement import Ends, Figures, disagreements
from tests.e2e.cluster_tools import Lab, condition, eventually, run
from tests.e2e.plain_k6 import PlainService, plain_service
from tests.loadgen.own_script import SCRIPTS
from tests.manifests import Json

pytestmark = pytest.mark.truth

SITE = Path(__file__).parent / "site"
TURNS = 3
SECONDS, USERS = 5, 4
PATIENCE = 240
PARTS = {"data.js": ("pick.js", "users.json")}
SPEC: Json = {
    "workload": "custom",
    "variants": [{"name": "site", "image": "localhost/truth-site:dev"}],
    "factors": {"virtualUsers": [USERS]},
    "placement": {"serviceCpu": "Shared"},
    "replicates": TURNS,
}
KINDS = (
    "checks.js", "groups.js", "tags.js", "metrics.js", "thresholds.js", "batch.js", "data.js",
    "cookies.js", "setup.js", "scenarios.js",
)  # fmt: skip
# Only a summary is added, and what puts the requests of setup apart.
PLAIN = """
import own from './script.js';
import * as all from './script.js';
export * from './script.js';
export default own;
export const options = %s;
export function handleSummary({ metrics }) {
  const of = (name) => (metrics[`${name}{scenario:measure}`] ?? metrics[name]).values;
  const asked = of('http_req_duration');
  const figures = {
    requestsPerSecond: of('http_reqs').count / %d, p50: asked.med, p95: asked['p(95)'],
    failedRate: of('http_req_failed').rate,
  };
  return { stdout: `${JSON.stringify(figures)}\\n` };
}
"""
MEASURE = """{
  ...all.options,
  scenarios: {
    measure: { executor: 'constant-vus', vus: %d, duration: '%ds', gracefulStop: '2s' },
  },
  thresholds: {
    'http_reqs{scenario:measure}': ['count>0'],
    'http_req_failed{scenario:measure}': ['rate>=0'],
    'http_req_duration{scenario:measure}': ['p(95)>0'],
  },
}"""
IMPORTS_LIBRARY = """
import { randomItem } from 'https://jslib.k6.io/k6-utils/1.2.0/index.js';
export default function () { randomItem([1]); }
"""


@pytest.fixture(scope="module")
def site() -> None:
    run(sys.executable, "-m", "loadlab_cluster", "image", SITE, "truth-site", timeout=400)


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_agrees_with_plain_k6(lab: Lab, measured, site: None, kind: str):
    with plain_service(lab, SPEC, None) as plain:
        ours, theirs = run_ours(lab, kind), run_plain(plain, kind)
    wrong = disagreements(ours, theirs, ("trials", "plain k6"))

    told = {who: sums(found) for who, found in (("trials", ours), ("plain k6", theirs))}
    measured(16, f"{kind}: {told}")
    assert not wrong, "\n".join(wrong)


def sums(found: list[Figures]) -> dict[str, float]:
    """The means of the figures."""
    return {name: round(fmean(one[name].low for one in found), 2) for name in found[0]}


def test_a_script_that_asks_for_the_network_is_refused_with_the_address(lab: Lab, measured):
    give(lab, {"script.js": IMPORTS_LIBRARY})
    submit(lab, "refused", {"duration": "2s"})
    status = lab.wait("refused", PATIENCE)

    failed = condition(status, "Failed")
    measured(17, f"{status['phase']}: {failed['message']}")
    assert "imports https://jslib.k6.io/k6-utils/1.2.0/index.js" in failed["message"]
    assert [row for row in status.get("results", []) if row["requests"]] == []


def files_of(kind: str) -> dict[str, str]:
    beside = {name: (SCRIPTS / name).read_text() for name in PARTS.get(kind, ())}
    return {"script.js": (SCRIPTS / kind).read_text(), **beside}


def is_load(kind: str) -> bool:
    """Whether its own scenarios are the load, for as long as they say."""
    return kind == "scenarios.js"


def run_ours(lab: Lab, kind: str) -> list[Figures]:
    give(lab, files_of(kind))
    name = kind.removesuffix(".js")
    load: Json = {"warmup": "2s", "duration": f"{SECONDS}s"}
    if is_load(kind):
        load |= {"executor": "Script", "duration": "2s"}
    submit(lab, name, load)
    status = lab.wait(name, PATIENCE)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    trials = [trial["status"] for trial in lab.trials(name).values()]
    lab.delete(name)
    eventually(lambda: not lab.leftovers(name), 60, f"{name}'s children gone")
    return [figures_of(trial["measurement"]["measurement"]) for trial in trials]


def figures_of(measurement: Json) -> Figures:
    latency = Histogram.decode(measurement["latency"])
    p50, p95 = (latency.percentile_us(percent) / 1000 for percent in (50, 95))
    per_second = measurement["requests"] / measurement["load"]["duration_seconds"]
    assert measurement["failed"] == 0
    values = {"requestsPerSecond": per_second, "p50": p50, "p95": p95}
    return {name: Ends(value, value) for name, value in values.items()}


def run_plain(plain: PlainService, kind: str) -> list[Figures]:
    options = "all.options" if is_load(kind) else MEASURE % (USERS, SECONDS)
    summary = PLAIN % (options, 2 if is_load(kind) else SECONDS)
    if is_load(kind):  # it has no default function
        summary = summary.replace("import own from './script.js';", "")
        summary = summary.replace("export default own;", "")
    plain.give(files_of(kind) | {"plain.js": summary})
    runs = [plain.run() for _ in range(TURNS)]
    assert all(each["failedRate"] == 0 for each in runs)
    return [
        {name: Ends(each[name], each[name]) for name in ("requestsPerSecond", "p50", "p95")}
        for each in runs
    ]


def give(lab: Lab, files: Mapping[str, str]) -> None:
    """The ConfigMap of the script, as its author makes it."""
    lab.kubectl("delete", "configmap", "own-load", "--ignore-not-found")
    literals = [f"--from-literal={name}={text}" for name, text in files.items()]
    lab.kubectl("create", "configmap", "own-load", *literals)


def submit(lab: Lab, name: str, load: Json) -> None:
    script = {"configMap": {"name": "own-load", "key": "script.js"}}
    lab.submit(name, **SPEC, load={**load, "script": script})
