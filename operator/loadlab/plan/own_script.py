"""A k6 script of the user's own: the ConfigMap that it is in, and what it is told."""

import re

from loadlab.base.quantities import seconds
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.load import Executor, Load
from loadlab.model.spec.request import Request
from loadlab.model.spec.script import Script
from loadlab.model.status.conditions import Reason
from loadlab.plan.errors import PlanError
from loadlab.plan.pods import Manifest, env

FOLDER = "/own"  # of all keys of the ConfigMap, so that the script finds the files beside it
VOLUME = "own-script"
# k6's own words where the script cannot be loaded, in what the pod's status keeps of its end.
SAYS_WHY: Manifest = {"terminationMessagePolicy": "FallbackToLogsOnError"}
TARGET = "LOADLAB_TARGET"
# What configures k6, its Go runtime, its network, or our own script.
_RESERVED = re.compile(
    r"(K6_|OTEL_|LOADLAB_|TRIAL_|STEWARD_|SECRET_HEADER_|JOB_COMPLETION|SSL_CERT_|SSLKEYLOG).*"
    r"|GO(MAXPROCS|DEBUG|GC|MEMLIMIT|TRACEBACK)|(HTTPS?|NO|ALL)_PROXY",
    re.IGNORECASE,
)


def dump_script(load: Load) -> Manifest:
    """Return what our own script is told of it, as a piece of the configuration."""
    if load.script is None:
        return {}
    told = {
        "path": f"{FOLDER}/{load.script.config_map.key}",
        "function": load.script.function,
        "scenarios": load.executor is Executor.SCRIPT,
    }
    return {"script": told}


def script_variables(script: Script | None, target: str) -> list[Manifest]:
    """Return the variables that a script finds in __ENV; a later one may refer to the target."""
    if script is None:
        return []
    return [*env(**{TARGET: target}), *(variable.dump() for variable in script.env)]


def build_script_files(script: Script | None) -> tuple[list[Manifest], list[Manifest]]:
    """Return volumes and mounts of the generator; none without a script."""
    if script is None:
        return [], []
    volume = {"name": VOLUME, "configMap": {"name": script.config_map.name}}
    mount = {"name": VOLUME, "mountPath": FOLDER, "readOnly": True}
    return [volume], [mount]


def check_script(spec: LoadExperimentSpec) -> None:
    """Refuse what a script could not have or could not be held to.

    Raises:
        PlanError: names the field and the remedy.
    """
    script = spec.load.script
    if script is None:
        return
    taken = next((v.name for v in script.env if _RESERVED.fullmatch(v.name)), None)
    if taken is not None:
        message = (
            f"load.script.env: {taken} is for LoadLab or k6 to set; leave it out, or give it "
            "another name"
        )
        raise PlanError(Reason.INVALID_SPEC, message)
    if (given := _given_fields(spec.load.request)) is not None:
        message = f"load.script makes the requests: leave load.request.{given} out"
        raise PlanError(Reason.INVALID_SPEC, message)
    if seconds(spec.load.calibration):
        message = (
            "load.calibration measures what k6 adds to one plain request, and what a script adds "
            "is its own: leave it out"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _given_fields(request: Request) -> str | None:
    """Name a field that says something: the API server fills in the defaults of all others."""
    fields = Request.model_fields.items()
    given = (f.alias or n for n, f in fields if getattr(request, n) != f.default)
    return next(given, None)
