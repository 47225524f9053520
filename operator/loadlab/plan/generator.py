"""Manifest of the load generator: the Indexed Job of its pods, with the trial's configuration.

The configuration stands in the pods' environment. From a ConfigMap it would come a second later in
every other trial: a node may not read one before the API server's authorizer knows of the pod.
"""

import json
from hashlib import sha256

from loadlab.base.names import Component, result_token
from loadlab.base.quantities import milliseconds, seconds
from loadlab.catalogue import Cell, Factor, Generator
from loadlab.catalogue.generators import Skill
from loadlab.catalogue.requests import Request, Requests
from loadlab.model.spec.limits import Timeouts
from loadlab.model.spec.load import Load
from loadlab.model.spec.script import Script
from loadlab.plan.bounds import CEILING_SECONDS, CEILING_USERS
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.generator_checks import generator_of
from loadlab.plan.https import build_trust
from loadlab.plan.k6_outputs import trial_tags, with_outputs
from loadlab.plan.layout import build_layout
from loadlab.plan.noted_secrets import with_noted_secrets
from loadlab.plan.own_script import SAYS_WHY, build_script_files, dump_script, script_variables
from loadlab.plan.pods import (
    CONTAINER_SECURITY,
    STEWARD_PORT,
    STEWARD_TOKEN,
    env,
    limited,
    pod_template,
)
from loadlab.plan.request_ids import dump_ids
from loadlab.plan.requests import readiness_headers, requests_of
from loadlab.plan.secret_headers import secret_headers, secret_variables
from loadlab.plan.text_files import build_text_files
from loadlab.plan.virtual_users import (
    allocated_users,
    busy_users,
    garbage_bound,
    generator_amounts,
    generator_pods,
    mib_per_user,
    ready_users,
)

# The generator gives up later than the operator, which can say why a service is not ready.
PATIENCE_MS = 15_000
CONFIGURATION = "TRIAL_"  # and a number: the parts of the document, joined in their order
FRESHNESS_EVERY_MS = 200
PART_BYTES = 100_000  # Linux takes at most 128 KiB in one variable
_NOTHING = Requests(load=(Request(name="request", method="GET", path="/"),))


def build_generator(context: Context, run: Run) -> Manifest:
    """Return the Job of `parallelism` pods, whichever the generator. A load test is never repeated
    in silence: no pod is retried.
    """
    script = None if run.calibrates else run.load.script
    volumes, mounts = build_text_files(context.spec)
    ca, ca_mounts, trusted = build_trust(context.variant(run.cell).https)
    files, at = build_script_files(script)
    container = {
        **_container(context, run, script, trusted),
        **({"volumeMounts": found} if (found := [*mounts, *ca_mounts, *at]) else {}),
    }
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 5,
        "containers": [container],
        **build_layout(context, Component.K6, run),
        **({"volumes": every} if (every := [*volumes, *ca, *files]) else {}),
        **context.pull_secrets(),
    }
    pods = generator_pods(run.load, run.cell)
    labels = context.labels(Component.K6, run)
    noting = with_noted_secrets(context, pod)
    complete = with_outputs(context, generator_of(context.spec, run.cell), noting)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": context.metadata(Component.K6, run),
        "spec": {
            "completionMode": "Indexed",
            "completions": pods,
            "parallelism": pods,
            "backoffLimit": 0,
            "template": pod_template(Component.K6, labels, context.spec, complete),
        },
    }


def _container(
    context: Context, run: Run, script: Script | None, trusted: list[Manifest]
) -> Manifest:
    configuration = trial_configuration(context, run)
    generator = generator_of(context.spec, run.cell)
    user_mib = mib_per_user(_requests(context, run))
    busy = busy_users(context, run.cell)
    amounts = generator_amounts(context.spec, run.load, run.cell, user_mib, busy)
    return {
        "name": Component.K6.value,
        **context.pulled(getattr(context.images, generator.facts.image)),
        "args": _arguments(generator, run.load, own=script is not None),
        "securityContext": CONTAINER_SECURITY,
        "env": [
            # First of all: a value may refer to a variable before it, and none to a token.
            *script_variables(script, configuration["target"]),
            *env(
                **dict(generator.facts.variables),
                **garbage_bound(amounts),
                LOADLAB_TOKEN=result_token(context.experiment.metadata.uid, run.name),
                **configuration_variables(configuration),
            ),
            context.credential(STEWARD_TOKEN, Component.STEWARD),
            *secret_variables(context.spec),
            *trusted,
        ],
        **(SAYS_WHY if script is not None else {}),
        "resources": limited(amounts),
    }


def _arguments(generator: Generator, load: Load, *, own: bool) -> list[str]:
    has_threads = load.threads is not None and not generator.lacks(Skill.THREADS)
    options = [f"--threads={load.threads}"] if has_threads else []
    return [*(generator.facts.own_script_args if own else generator.facts.args), *options]


def configuration_variables(configuration: Manifest) -> dict[str, str]:
    """Return the environment variables that tell the scenario script what to do."""
    # Kubernetes would expand $(NAME) and halve $$ in a value; in JSON a dollar has another name.
    text = json.dumps(configuration).replace("$", r"\u0024")
    parts = [text[start : start + PART_BYTES] for start in range(0, len(text), PART_BYTES)]
    return {f"{CONFIGURATION}{number}": part for number, part in enumerate(parts)}


def trial_configuration(context: Context, run: Run) -> Manifest:
    """Return what the scenario script reads; times in milliseconds."""
    spec, variant = context.spec, context.variant(run.cell)
    service, pods = context.child_name(Component.SERVICE, run), generator_pods(run.load, run.cell)
    target = variant.target(service, context.experiment.metadata.namespace)
    requests = _requests(context, run)
    return {
        "run": run.name,
        "pods": pods,
        "target": target.address,
        **({"outside": True} if variant.url and not run.calibrates else {}),
        **({} if variant.is_deployed else {"runsAlready": True}),
        "readinessPath": target.readiness_path,
        **_readiness_headers(context),
        "steward": f"http://{context.child_name(Component.STEWARD)}:{STEWARD_PORT}",
        "variant": variant.target_name(variant.pods_in(run.cell)),
        "requests": [request.dump() for request in requests.load],
        **({"inOrder": True} if requests.in_order else {}),
        **trial_tags(context, generator_of(spec, run.cell), run),
        **({} if run.calibrates else dump_script(run.load)),
        "side": _side(requests),
        "freshness": _freshness(requests, variant.stale_ms),
        "paddingBytes": requests.padding_bytes,
        "tellsCache": requests.tells_cache,
        **_calibration(pods, calibrates=run.calibrates),
        "timeoutMs": milliseconds(spec.load.request.timeout),
        "redirects": spec.load.request.redirects.value,
        "thinkTimeMs": _think_time_ms(run.load),
        "variables": requests.dump_variables(),
        **dump_ids(context, run),
        "load": {
            **load_numbers(run.load, run.cell, busy_users(context, run.cell)),
            "arrivalsSeed": _arrivals_seed(context, run),
        },
        "deadlines": {
            "readyMs": milliseconds(spec.timeouts.ready) + PATIENCE_MS,
            "drainMs": milliseconds(spec.timeouts.drain),
        },
    }


def _think_time_ms(load: Load) -> int:
    """Return the pause after an answer: nobody of an open load has a next request to pause before.

    Whoever paused all the same would be missing to the arrivals, 6,000 users of 100/s for a minute.
    """
    return 0 if load.executor.is_open else milliseconds(load.request.think_time)


def _requests(context: Context, run: Run) -> Requests:
    if run.calibrates:
        return _NOTHING
    return requests_of(context.spec, context.variant(run.cell), run.cell)


def _readiness_headers(context: Context) -> Manifest:
    secret = secret_headers(context.spec.load.request.headers_from)
    given = {
        "readinessHeaders": readiness_headers(context.spec),
        "readinessSecretHeaders": {name: value.dump() for name, value in secret.items()},
    }
    return {name: headers for name, headers in given.items() if headers}


def _calibration(pods: int, *, calibrates: bool) -> Manifest:
    """Return the closed loop against nothing, as a piece of the configuration."""
    loop = {"users": max(CEILING_USERS, pods), "durationMs": CEILING_SECONDS * 1000}
    return {"calibration": loop} if calibrates else {}


def _arrivals_seed(context: Context, run: Run) -> int:
    """Return what the arrivals of a trial are drawn by: those of all cells of a block are alike.

    Another replicate has others, so that the luck of a draw is in the spread of the replicates.
    """
    digest = sha256(f"arrivals/{context.chosen.seed}/{run.replicate}".encode()).digest()
    return int.from_bytes(digest[:6])  # a whole number to JavaScript, too


def _side(requests: Requests) -> Manifest | None:
    if requests.side is None:
        return None
    return {"request": requests.side.dump(), "perSecond": requests.side_per_second}


def _freshness(requests: Requests, stale_ms: int) -> Manifest | None:
    if not requests.probes_freshness:
        return None
    write = next(request for request in requests.load if request.writes)
    read = next(request for request in requests.load if not request.writes)
    return {
        "write": write.dump(),
        "read": read.dump(),
        "everyMs": FRESHNESS_EVERY_MS,
        "boundMs": stale_ms,
    }


def load_numbers(load: Load, cell: Cell, busy: float = 0.0) -> Manifest:
    """Return the load profile of a cell in numbers; its rate keeps so many users busy."""
    most, ready = allocated_users(load, cell), ready_users(load, cell, busy)
    return {
        "executor": load.executor.value,
        "arrivals": load.spacing.value,
        "virtualUsers": cell.number(Factor.VIRTUAL_USERS),
        "rate": cell.number(Factor.RATE),
        "timeUnitMs": milliseconds(load.time_unit),
        "maxVirtualUsers": most if load.executor.is_open else None,
        **({"readyVirtualUsers": ready} if load.executor.is_open and ready < most else {}),
        "rampUpMs": milliseconds(load.ramp_up),
        "durationMs": milliseconds(load.duration),
        **({"iterations": load.iterations} if load.iterations else {}),
        "warmupMs": milliseconds(load.warmup),
        "gracefulStopMs": milliseconds(load.graceful_stop),
    }


def run_seconds(load: Load, timeouts: Timeouts) -> float:
    """Return how long a run may take at most, without a margin, in seconds."""
    waited = sum(map(seconds, (load.graceful_stop, timeouts.ready, timeouts.drain)))
    return CEILING_SECONDS + load.applied_seconds + waited
