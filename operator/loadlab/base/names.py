"""Every name LoadLab gives: API group, labels, children. No string of this kind lives elsewhere."""

import re
from enum import StrEnum
from hashlib import sha256

GROUP = "loadlab.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
FIELD_MANAGER = "loadlab"

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGER = "loadlab"
EXPERIMENT_LABEL = f"{GROUP}/experiment"
EXPERIMENT_UID_LABEL = f"{GROUP}/experiment-uid"
TRIAL_LABEL = f"{GROUP}/trial"
RUN_LABEL = f"{GROUP}/run"
COMPONENT_LABEL = f"{GROUP}/component"
MAY_BE_USED_LABEL = f"{GROUP}/may-be-used"  # by which its owner lends a ServiceAccount
FINGERPRINT_ANNOTATION = f"{GROUP}/fingerprint"

# Children add at most 23 characters ("-1a2b3c-p1000-a1-worker"), which fits a label's 63.
MAX_EXPERIMENT_NAME = 40
# What a Service may be called, which children are after it.
EXPERIMENT_NAME = rf"^[a-z]([-a-z0-9]{{0,{MAX_EXPERIMENT_NAME - 2}}}[a-z0-9])?$"
EXPERIMENT_NAME_IN_WORDS = (
    "begins with a lower-case letter, goes on with such letters, digits and '-', and has "
    f"{MAX_EXPERIMENT_NAME} characters at most, such as shop-1: children are named after it"
)
NAME_HASH = 6  # hexadecimal digits: enough that a clash with another's object is no accident
# Nobody looks whose a Secret is, so its name must be one that nobody else gives.
SECRET_NAME_HASH = 16
TOKEN_DIGITS = 32
ID_DIGITS = 10  # by which a pipeline's experiments differ in a database that outlives them


class Component(StrEnum):
    """What a child of an experiment is for; so is the container named that a pod is made for."""

    POSTGRES = "postgres"
    REDIS = "redis"
    RABBITMQ = "rabbitmq"
    DATASET = "dataset"
    PREPARATION = "preparation"
    STEWARD = "steward"
    SERVICE = "service"
    WORKER = "worker"
    K6 = "k6"


PODS_SUFFIX = "-pods"  # of the name by which every pod of a run's service is found
METER = "meter"  # the container beside an image that has no instruments
INPUTS = "inputs"  # the container that notes what a pod's Secrets hold, before the others begin
DIGESTS = "digests"  # the key of the experiment's Secret by which that is noted
STORES = (Component.POSTGRES, Component.REDIS, Component.RABBITMQ)


def children_name(experiment: str, uid: str) -> str:
    """Name that all children of an experiment begin with: of no other experiment or application."""
    return f"{experiment}-{_hash(uid, NAME_HASH)}"


def trial_name(children: str, index: int) -> str:
    """Name the trial at a position of the plan, counted from 1."""
    return f"{children}-{index:03d}"


def preliminary_name(children: str, index: int) -> str:
    """Name the trial at a position before the first block, counted from 1."""
    return f"{children}-p{index:03d}"


def traced_name(children: str, index: int) -> str:
    """Name the traced trial at a position behind the last block, counted from 1."""
    return f"{children}-t{index:03d}"


def is_traced_name(trial: str) -> bool:
    """Whether a trial's name is that of a traced one."""
    return re.search(r"-t[0-9]{3}$", trial) is not None


def run_name(trial: str, attempt: int) -> str:
    """Name one attempt of a trial."""
    return f"{trial}-a{attempt}"


def component_name(parent: str, component: Component) -> str:
    """Name the child that plays this part; the parent is a run or the name of all children."""
    return parent if component is Component.SERVICE else f"{parent}-{component}"


def credentials_secret(experiment: str, uid: str) -> str:
    """Name the Secret that holds the stores' passwords and the steward's token.

    The operator may never read a Secret, and so cannot look whose one of this name is. The hash
    is long enough that nobody has one by chance; who has seen the uid can make one (SECURITY.md).
    """
    return f"{experiment}-{_hash(uid, SECRET_NAME_HASH)}-credentials"


def is_credentials_secret(text: str) -> bool:
    """Whether a text names a Secret as only ours are named: a user's may end alike."""
    return re.search(rf"-[0-9a-f]{{{SECRET_NAME_HASH}}}-credentials\b", text) is not None


def result_token(uid: str, run: str) -> str:
    """Return what the lines begin with that a run's generator hands back.

    Whoever may read the experiment can know it; the service under test and the script cannot.
    """
    return sha256(f"result of {run} of {uid}".encode()).hexdigest()[:TOKEN_DIGITS]


def experiment_id(uid: str) -> str:
    """Return what ${experiment_id} puts into requests, always as long: of no other experiment."""
    return _hash(f"requests of {uid}", ID_DIGITS)


def experiment_labels(experiment: str, uid: str) -> dict[str, str]:
    """Labels that every child of an experiment carries."""
    return experiment_selector(experiment) | {EXPERIMENT_UID_LABEL: uid}


def experiment_selector(experiment: str) -> dict[str, str]:
    """Labels by which children are found, also those of a former experiment of this name."""
    return {MANAGED_BY_LABEL: MANAGER, EXPERIMENT_LABEL: experiment}


def _hash(uid: str, digits: int) -> str:
    return sha256(uid.encode()).hexdigest()[:digits]
