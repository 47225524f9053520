"""Runs the tests layer by layer, times each, and ends with one table and one line of totals.

Standard library only: it starts before the virtual environment exists.

    python3 tests/run.py check     format, lint, types, import contracts, unit tests
    python3 tests/run.py all       these, then integration, browser, Go, end to end, and the cluster
    python3 tests/run.py cluster   what depends on CLUSTER: end to end, and the cluster itself
    python3 tests/run.py measured  end to end what judges figures: on a machine with no other work
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.report import (  # noqa: E402
    Layer,
    after_trial_alone,
    broken,
    build_table,
    build_total,
    count_go_events,
    count_report,
)

BIN = REPOSITORY / ".venv" / "bin"
LAB = [sys.executable, "-m", "loadlab_cluster"]
ENVIRONMENT = {
    # Each layer imports the tests anew, and starts services by the dozen: they may keep bytecode.
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "PYTHONPATH": str(REPOSITORY / "cluster"),
    "MYPYPATH": str(REPOSITORY / "cluster"),
    "LOADLAB_CLUSTER_TEST": "1",  # lets tests/cluster take the cluster down and up
}
# Seconds. The longest layer takes two thirds of it, so that CI says what hung before it is ended.
LAYER_LIMIT = 2700.0
# A machine that is shared makes a test of real parts fail now and then: it is run once more, with
# nothing beside it, and the table says so. More failures than these are no accident.
MOST_ACCIDENTS = 8
FAMILY = ["-o", "junit_family=xunit1"]  # the one in which a test may record a measured value
BESIDE = ["-n", "2", "--dist", "loadscope"]  # the tests of a file or class share what they set up
E2E = ["-rP", "--durations=12", "tests/e2e"]
HERE = "e2e and not measured and not anywhere"  # what another kind of cluster may do otherwise
MEASURED = "e2e and measured"  # half an hour, which a busy machine makes worth nothing
# As the cluster's tools build k6 (go_builds.py): what both need is then compiled once.
GO_TEST = ["go", "test", "-trimpath", "-gcflags=all=-dwarf=false", "-json", "./..."]
GO_ENVIRONMENT = {"CGO_ENABLED": "0"}
# Where there is no gofmt, nothing would be listed.
GO_FORMAT = """\
command -v gofmt > /dev/null || { echo "gofmt is missing: install Go 1.26 or later"; exit 1; }
test -z "$(gofmt -l cluster loadgen | tee /dev/stderr)"
"""
# The packages below are those that the build of k6 compiled, if the flags are its own.
GO_LINT = """\
lint=$("$1" -m loadlab_cluster path staticcheck) && cd loadgen || exit 1
CGO_ENABLED=0 GOFLAGS="-trimpath -gcflags=all=-dwarf=false" exec "$lint" ./...
"""
WORKFLOW_LINT = """\
lint=$("$1" -m loadlab_cluster path actionlint) || exit 1
exec "$lint" -shellcheck= -pyflakes= .github/workflows/*.yaml
"""
SCRIPT_RULES = "loadgen/.oxlintrc.json"
PAGE_RULES = "tests/browser/oxlintrc.json"
PAGE_SCRIPTS = "operator/loadlab/cli/dashboard/static"
BROWSER = "tests/browser/"
Command = Sequence[str | Path]
# The tests in one run with what they test: alone, they would need all of it analysed once more.
TYPED = ("loadlab", "loadlab_services", "loadlab_cluster", "tests")
CHECKS: dict[str, Command] = {
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "lint": [BIN / "ruff", "check", "--quiet", "."],
    "types": [BIN / "mypy", *(f"--package={package}" for package in TYPED)],
    "imports": [BIN / "lint-imports"],
    "JavaScript": [BIN / "oxlint", "-c", SCRIPT_RULES, "--deny-warnings", "loadgen/scripts"],
    "JavaScript of pages": [BIN / "oxlint", "-c", PAGE_RULES, "--deny-warnings", PAGE_SCRIPTS],
    "go format": ["sh", "-c", GO_FORMAT],
}


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; 0 only if nothing failed."""
    os.chdir(REPOSITORY)
    match arguments:
        case ["check"]:
            layers = run_checks()
        case ["all"]:
            layers = run_all()
        case ["cluster"]:
            layers = run_on_cluster(HERE)
        case ["measured"]:
            layers = run_on_cluster(MEASURED)
        case _:
            say(__doc__ or "")
            return 2
    say("\n" + build_table(layers))
    say(build_total(layers))
    return 1 if any(layer.failed for layer in layers) else 0


def run_all() -> list[Layer]:
    """Every layer; the cluster is left as it was found."""
    was_up = is_up()
    prepared = [run_step("prepare", [*LAB, step]) for step in ("prerequisites", "venv")]
    layers = [*failures(prepared), *run_checks()]
    layers.append(run_go("Go", REPOSITORY / "loadgen"))
    lints = {"Go lint": GO_LINT, "workflow lint": WORKFLOW_LINT}
    tools = [run_tool(it, ["sh", "-c", line, "sh", sys.executable]) for it, line in lints.items()]
    # Else the first test that pushes an image would wait for their builds.
    pushing = [run_tool(name, [*LAB, "path", name]) for name in ("crane", "registry")]
    layers += failures([*tools, *pushing])
    cluster = failures([run_step("cluster", [*LAB, step]) for step in ("up", "images")])
    layers += cluster
    real = run_beside_each_other(has_cluster=not cluster)
    measured = ["-m", "integration and measured", *files_with("measured")]
    real.append(run_pytest("integration, measured", measured))
    layers += [run_failed_alone(layer) for layer in real]
    return layers + run_cluster_itself(was_up=was_up)


def run_on_cluster(marks: str) -> list[Layer]:
    """The end-to-end tests with these marks; of a kind of cluster, itself as well."""
    was_up = is_up()
    needed = (["prerequisites", "cluster"], ["venv"])
    prepared = failures([run_step("prepare", [*LAB, *words]) for words in needed])
    if prepared:
        return prepared
    cluster = failures([run_step("cluster", [*LAB, step]) for step in ("up", "images")])
    if cluster:  # half of a cluster is nobody's
        return cluster if was_up else [*cluster, *failures([run_step("cluster", [*LAB, "down"])])]
    real = run_failed_alone(run_pytest("end to end", [*E2E, "-m", marks]))
    return [real, *(run_cluster_itself(was_up=was_up) if marks == HERE else leave(was_up=was_up))]


def is_up() -> bool:
    """Whether the cluster was there before anything is done to it."""
    asked = subprocess.run([*LAB, "status"], env=ENVIRONMENT, capture_output=True, check=False)
    return asked.returncode == 0


def run_cluster_itself(*, was_up: bool) -> list[Layer]:
    """Take the cluster down and up again, and leave it as it was found."""
    return [run_pytest("cluster itself", ["-m", "e2e", "tests/cluster"]), *leave(was_up=was_up)]


def leave(*, was_up: bool) -> list[Layer]:
    """Leave the cluster as it was found; listed only where that fails."""
    return failures([run_step("cluster", [*LAB, "up" if was_up else "down"])])


def run_beside_each_other(*, has_cluster: bool) -> list[Layer]:
    """The tests that measure nothing: integration, browser; end to end beside them mostly waits.

    The output of the latter comes when both are done: two at once nobody can read.
    """
    with ThreadPoolExecutor() as pool, tempfile.TemporaryFile("w+") as output:
        options = [*E2E, "-m", "e2e and not measured"]
        beside = [pool.submit(run_pytest, "end to end", options, output)] if has_cluster else []
        real = ["-m", "integration and not measured"]
        files = files_with("integration")
        pages = [file for file in files if file.startswith(BROWSER)]
        others = [file for file in files if file not in pages]
        integration = run_pytest("integration", [*BESIDE, *real, *others])
        browser = run_pytest("browser", ["-rs", *BESIDE, *real, *pages])
        layers = [integration, browser, *(running.result() for running in beside)]
        output.seek(0)
        say(output.read())
        return layers


def run_failed_alone(layer: Layer) -> Layer:
    """Run the failed tests of a layer once more; a fault fails again, an accident does not."""
    if not layer.failures or layer.failed > MOST_ACCIDENTS:
        return layer
    alone = run_pytest(f"{layer.name} (failed ones alone)", ["-rP", "-m", "", *layer.failures])
    return after_trial_alone(layer, alone)


def files_with(mark: str) -> list[str]:
    """The test files that hold a mark: to import all of them takes longer than to read them."""
    files = sorted(Path("tests").rglob("test_*.py"))
    return [str(file) for file in files if f"pytest.mark.{mark}" in file.read_text()]


def run_checks() -> list[Layer]:
    """The tools beside each other, with the unit tests; only what fails is printed."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        unit = pool.submit(run_pytest, "unit", ["-q", *BESIDE, "tests"])
        tools = [pool.submit(run_tool, name, command) for name, command in CHECKS.items()]
        return [*failures([tool.result() for tool in tools]), unit.result()]


def failures(steps: list[Layer]) -> list[Layer]:
    """A tool or a preparation is no test: it is listed only when it failed."""
    return [step for step in steps if step.failed]


def run_tool(name: str, command: Command) -> Layer:
    """A check that prints nothing unless it fails."""
    started = time.monotonic()
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    say(f"{'✗' if done.returncode else '✓'} {name} ({seconds:.1f} s)")
    if done.returncode:
        say(done.stdout + done.stderr)
    return Layer(name, failed=int(done.returncode != 0), seconds=seconds)


def run_step(name: str, command: Command) -> Layer:
    """A preparation, with its own output."""
    started = time.monotonic()
    done = subprocess.run(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, check=False)
    title = f"{name}: {command[-1]}"
    return Layer(title, failed=int(done.returncode != 0), seconds=time.monotonic() - started)


def run_pytest(name: str, options: Sequence[str], output: IO[str] | None = None) -> Layer:
    """A pytest run, counted from its report; it prints into `output` where that is given."""
    say(f"▸ {name} tests")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command: list[str | Path] = [
            BIN / "pytest",
            "--no-header",
            f"--junitxml={report}",
            *FAMILY,
            *options,
        ]
        code = run_within(LAYER_LIMIT, name, command, output)
        text = report.read_text() if report.exists() else ""
    counted = count_report(name, text, time.monotonic() - started)
    return counted if counted.failed or not code else broken(counted)


def run_within(seconds: float, name: str, command: Command, output: IO[str] | None) -> int:
    """Run a layer's tests and return the exit code; one that hangs is ended, and said to be."""
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=output
    ) as running:
        try:
            return running.wait(seconds)
        except subprocess.TimeoutExpired:
            say(f"✗ {name} tests did not end within {seconds / 60:.0f} minutes")
            running.kill()
            return 1


def run_go(name: str, folder: Path) -> Layer:
    """The Go tests of a module, with what go vet finds."""
    say(f"▸ {name} tests")
    started = time.monotonic()
    environment = os.environ | GO_ENVIRONMENT
    done = subprocess.run(
        GO_TEST, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    counted = count_go_events(name, done.stdout.splitlines(), time.monotonic() - started)
    if done.returncode:
        say(done.stdout[-8000:] + done.stderr[-4000:])
    return counted if counted.failed or not done.returncode else broken(counted)


def say(text: str) -> None:
    """Print at once: a run of many minutes is watched."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
