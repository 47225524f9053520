"""Manifest of the user's own preparation: a Job that is tried once.

A migration that stopped half-way is nobody's to begin again but its author's.
"""

from loadlab.base.names import Component
from loadlab.model.spec.preparation import Preparation
from loadlab.model.status.conditions import Reason
from loadlab.plan.context import Context, Manifest
from loadlab.plan.errors import PlanError
from loadlab.plan.own_files import build_files
from loadlab.plan.own_pod import (
    build_env_from,
    build_identity,
    build_image,
    build_pull_secrets,
    marked,
)
from loadlab.plan.pods import (
    CONTAINER_SECURITY,
    SCRATCH,
    SCRATCH_MOUNT,
    limited,
    pod_template,
)
from loadlab.plan.stores import store_environment
from loadlab.plan.variants import stores_of

SQL_FOLDER = "/sql"
SQL_FILE = "preparation.sql"
PSQL = [
    *("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"),
    *("--dbname=$(DATABASE_URL)", f"--file={SQL_FOLDER}/{SQL_FILE}"),
]


def build_preparation(context: Context) -> list[Manifest]:
    """Return the Job; nothing where the spec asks for none."""
    given = context.spec.preparation
    if given is None:
        return []
    labels = context.labels(Component.PREPARATION)
    sql = [] if given.sql is None else [_sql_volume(given.sql.name, given.sql.key)]
    pod = {
        "restartPolicy": "Never",
        "containers": [_container(context, given)],
        "volumes": [SCRATCH, *sql, *build_files(given.files or ())[0]],
        **build_identity(given),
        **build_pull_secrets(given, context.images.pull_secrets),
    }
    template = pod_template(Component.PREPARATION, labels, context.spec, pod)
    return [
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": context.metadata(Component.PREPARATION),
            "spec": {
                "backoffLimit": 0,
                "template": marked(template, given),
            },
        }
    ]


def check_preparation(context: Context) -> None:
    """Refuse a preparation that could not be told apart from ours, or has no database.

    Raises:
        PlanError: names the field and the remedy.
    """
    given = context.spec.preparation
    if given is None:
        return
    if given.sql is not None and Component.POSTGRES not in stores_of(context.spec):
        message = (
            "preparation.sql needs a Postgres of the experiment, and none of its variants has one; "
            "use preparation.image with a psql of your own"
        )
        raise PlanError(Reason.INVALID_SPEC, message)
    ours = {variable["name"] for variable in _store_variables(context)}
    taken = next((variable.name for variable in given.env if variable.name in ours), None)
    if taken is not None:
        message = f"preparation: env {taken} is set by LoadLab; leave it out, or rename it"
        raise PlanError(Reason.INVALID_SPEC, message)


def _container(context: Context, given: Preparation) -> Manifest:
    command = list(given.command or ())
    if given.image is not None:
        image = build_image(given, given.image, context.images.pull_policy)
        mounts = build_files(given.files or ())[1]
    else:
        image, command = context.pulled(context.images.postgres), PSQL
        mounts = [{"name": "sql", "mountPath": SQL_FOLDER, "readOnly": True}]
    theirs = [variable.dump() for variable in given.env]
    return {
        "name": Component.PREPARATION.value,
        **image,
        **({"command": command} if command else {}),
        "securityContext": CONTAINER_SECURITY,
        "terminationMessagePolicy": "FallbackToLogsOnError",  # the experiment's condition quotes it
        **build_env_from(given.env_from or ()),
        "env": [*_store_variables(context), *theirs],
        "resources": limited(context.spec.resources.of(Component.PREPARATION)),
        "volumeMounts": [SCRATCH_MOUNT, *mounts],
    }


def _store_variables(context: Context) -> list[Manifest]:
    return store_environment(context, stores_of(context.spec))


def _sql_volume(name: str, key: str) -> Manifest:
    items = [{"key": key, "path": SQL_FILE}]
    return {"name": "sql", "configMap": {"name": name, "items": items}}
