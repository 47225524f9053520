"""The action that measures in a pipeline, run as a runner does, by programs that note all."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import yaml

PROGRAMS = {
    "make": 'echo "make $*" >> "$SAID"',
    "docker": 'echo "docker $*" >> "$SAID"',
    "python3": 'echo "python3 $*" >> "$SAID"',
    "kubectl": """
echo "kubectl $1 ${*: -1}" >> "$SAID"
case "$*" in "get loadexperiment sleep"*) printf %s "${STANDS-}" ;; esac
case "$*" in "$REFUSES"*) exit 1 ;; esac
""",
    "loadlab": """
echo "loadlab $1" >> "$SAID"
case "$*" in
  validate*) sed -n 's/^kind: LoadExperiment/sleep: accepted/p' "$2" ;;
  run*) if [ "$RUN" = forever ]; then exec sleep 60; fi; exit "$RUN" ;;
  gate*) [ "$2" = sleep ] && echo "<testsuites/>" > "$8"; exit "$GATE" ;;
  results*-o*) echo "${TABLE-the table}" ;;
  results*) echo "sleep: Failed, NeverReady" ;;
esac
""",
}


def run_action(
    repository: Path,
    folder: Path,
    *,
    make: str = PROGRAMS["make"],
    kubectl: str = PROGRAMS["kubectl"],
    docker: str = PROGRAMS["docker"],
    loadlab: str = PROGRAMS["loadlab"],
    ends_after: str = "",
    **environment: str,
) -> tuple[subprocess.CompletedProcess[str], str, str]:
    """Run its script with programs that note what they are told; with SIGTERM once they say it.

    As a runner does: it tells the shell of the step alone, and nothing that this one started.
    """
    programs = {"make": make, "kubectl": kubectl, "docker": docker, "loadlab": loadlab}
    for name, script in (PROGRAMS | programs).items():
        (folder / name).write_text(f"#!/usr/bin/env bash\n{script}\n")
        (folder / name).chmod(0o755)
    for name in ("said", "summary", "output"):
        (folder / name).touch()
    told = {
        "EXPERIMENT": str(repository / "manifests/samples/sleep.yaml"),
        "LOADLAB_CLUSTER": "current",
        "RESULTS": str(folder / "results"),
        "SAID": str(folder / "said"),
        "REFUSES": "nothing",
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "PATH": f"{folder}:{os.environ['PATH']}",
    }
    copy = folder / "checkout/.github/actions/measure"  # beside no .venv of this one
    copy.mkdir(parents=True)
    for name in ("measure.sh", "action.yml"):
        shutil.copy(repository / ".github/actions/measure" / name, copy)
    steps = yaml.safe_load((copy / "action.yml").read_text())["runs"]["steps"]
    (folder / "step.sh").write_text(*(each["run"] for each in steps if each.get("id") == "measure"))
    with subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", folder / "step.sh"],
        env={"GITHUB_ACTION_PATH": str(copy)} | told | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as action:
        while ends_after and ends_after not in (folder / "said").read_text():
            time.sleep(0.01)
        if ends_after:
            action.terminate()
        out, err = action.communicate(timeout=30)
    done = subprocess.CompletedProcess([], action.returncode, out, err)
    return done, (folder / "said").read_text(), (folder / "summary").read_text()
