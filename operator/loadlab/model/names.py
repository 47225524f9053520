"""Every name LoadLab gives: API group, labels, children. No string of this kind lives elsewhere."""

from enum import StrEnum

GROUP = "loadlab.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
FIELD_MANAGER = "loadlab"

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGER = "loadlab"
EXPERIMENT_LABEL = f"{GROUP}/experiment"
TRIAL_LABEL = f"{GROUP}/trial"
RUN_LABEL = f"{GROUP}/run"
COMPONENT_LABEL = f"{GROUP}/component"
FINGERPRINT_ANNOTATION = f"{GROUP}/fingerprint"

# Children add at most 15 characters ("-1000-a1-worker"), which stays below a label's 63.
MAX_EXPERIMENT_NAME = 40


class Component(StrEnum):
    """What a child of an experiment is for."""

    POSTGRES = "postgres"
    REDIS = "redis"
    RABBITMQ = "rabbitmq"
    DATASET = "dataset"
    STEWARD = "steward"
    SERVICE = "service"
    WORKER = "worker"
    K6 = "k6"


METER = "meter"  # the container beside an image that has no instruments
STORES = (Component.POSTGRES, Component.REDIS, Component.RABBITMQ)


def trial_name(experiment: str, index: int) -> str:
    """Name the trial at a position of the plan, counted from 1."""
    return f"{experiment}-{index:03d}"


def run_name(trial: str, attempt: int) -> str:
    """Name one attempt of a trial."""
    return f"{trial}-a{attempt}"


def component_name(parent: str, component: Component) -> str:
    """Name the child of an experiment or of a run that plays this part."""
    return parent if component is Component.SERVICE else f"{parent}-{component}"


def stores_secret(experiment: str) -> str:
    """Name the Secret that holds the stores' passwords."""
    return f"{experiment}-stores"


def experiment_labels(experiment: str) -> dict[str, str]:
    """Labels that every child of an experiment carries."""
    return {MANAGED_BY_LABEL: MANAGER, EXPERIMENT_LABEL: experiment}
