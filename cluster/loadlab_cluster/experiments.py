"""Run experiments from their files, one after the other, and print each table."""

import time
from collections.abc import Iterable
from pathlib import Path

from loadlab_cluster.commands import Argument, read_lines, read_output, run_shown
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import say, step

LIMIT_SECONDS = 1800.0
POLL_SECONDS = 1.0
DELETE_SECONDS = 180.0
# A file may hold what the experiment names, too, such as its ConfigMap.
_NAME = 'go-template={{if eq .kind "LoadExperiment"}}{{.metadata.name}}{{end}}'
_FINISHED = '{.status.conditions[?(@.type=="Finished")].status}'
_PROGRESS = f'jsonpath={{.status.phase}} {{.status.progress}}|{_FINISHED}{{"\\n"}}'
REPORTS = REPOSITORY / "build" / "reports"
VERDICTS = {0, 3, 4}  # exit codes of `loadlab results`: passed, criteria failed, inconclusive


def run_experiments(settings: Settings, files: Iterable[str]) -> None:
    """Run each file's experiment on the cluster that is up and has LoadLab installed."""
    paths = [Path(file) for file in files]
    if missing := [str(path) for path in paths if not path.is_file()]:
        raise ClusterError(f"no such file: {', '.join(missing)}; name LoadExperiment manifests")
    for path in paths:
        run_experiment(settings, path)


def run_experiment(settings: Settings, path: Path) -> None:
    """Delete what is left of the last run, apply, follow to the end, print table and report."""
    kubectl = settings.program("kubectl")
    name = read_output([kubectl, "create", "--dry-run=client", "-f", path, "-o", _NAME])
    with step(f"Run the experiment {name}", first=120, again=120):
        _delete(kubectl, path, name)
        read_output([kubectl, "apply", "-f", path])
        _follow(kubectl, name)
    say("")
    print_results(settings, name)
    write_report(settings, name)


def _delete(kubectl: Argument, path: Path, name: str) -> None:
    """Wait until it is gone, but not for a finalizer that nobody takes off."""
    command = [kubectl, "delete", "-f", path, "--ignore-not-found"]
    try:
        read_output([*command, f"--timeout={DELETE_SECONDS:.0f}s"], seconds=2 * DELETE_SECONDS)
    except ClusterError as error:
        raise ClusterError(
            f"the last run of {name} could not be deleted: {error}\n  ask: make kubectl "
            f"ARGS='get loadexperiment {name} -o yaml' for its finalizers, and whether the "
            "operator runs that takes its own off: make kubectl ARGS='get pods -n loadlab-system'"
        ) from error


def print_results(settings: Settings, name: str) -> None:
    """Print the table; a verdict that is not Passed is a result too, not a failure of the demo.

    By the wrapper: no proxy leads to the cluster.
    """
    code = run_shown([settings.program("loadlab"), "results", name], env={"COLUMNS": "200"})
    if code not in VERDICTS:
        raise ClusterError(f"loadlab results {name} ended with {code}; see above")


def write_report(settings: Settings, name: str) -> None:
    """Write the same with its charts to a file, and say where; without it there is the table."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    run_shown([settings.program("loadlab"), "report", name, "-o", REPORTS / f"{name}.html"], env={})


def _follow(kubectl: Argument, name: str) -> None:
    """Print each change of the experiment's progress until it has finished.

    By one program that waits: kubectl asked once a second took a tenth of the CPUs that the load
    generator shares, in bursts, and the p95 of the demo was seven times what it is.
    """
    command = [kubectl, "get", "loadexperiment", name, "--watch", "-o", _PROGRESS]
    deadline, said = time.monotonic() + LIMIT_SECONDS, ""
    while (left := deadline - time.monotonic()) > 0:
        for line in read_lines(command, left):
            progress, _, finished = line.rstrip("\n").partition("|")
            if (shown := f"  {progress.strip() or 'Pending'}") != said:
                say(shown)
                said = shown
            if finished == "True":
                return
        time.sleep(POLL_SECONDS)  # an API server ends each watch some time
    raise ClusterError(
        f"{name} has not finished after {LIMIT_SECONDS / 60:.0f} minutes: "
        f"make kubectl ARGS='describe loadexperiment {name}'"
    )
