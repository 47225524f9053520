"""Keys of the spec's maps, which the API server's schema can bound but not spell.

A rule there counts the cost of the longest possible key, and no schema gives keys a pattern.
"""

import re
from collections.abc import Iterable, Mapping

from loadlab.base.names import Component
from loadlab.base.text import fit
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.placement import Placement
from loadlab.model.spec.pod import PodFields
from loadlab.model.status.conditions import Reason
from loadlab.plan.errors import PlanError
from loadlab.plan.own_pod import RESERVED

SHOWN = 40  # characters of a key that a message repeats
REQUEST_ID, EXPERIMENT_ID = "request_id", "experiment_id"
# Variables that every request has.
OWN_VARIABLES = {
    REQUEST_ID: "a number that no other request of the experiment has",
    EXPERIMENT_ID: "a text that no other experiment has",
}
# A label's key as the API server wants it: an optional DNS subdomain, a slash, a name.
LABEL_KEY = re.compile(
    r"((?=[^/]{1,253}/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"(?=[^/]{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?",
    re.ASCII,
)
HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")  # a token of RFC 9110, section 5.6.2
HEADER_VALUE = re.compile(r"([!-~]([ \t!-~]*[!-~])?)?")  # section 5.5, and of ASCII only
VARIABLE_NAME = re.compile(r"\w+", re.ASCII)  # as the scenario script reads ${name}
SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")  # of Postgres


def check_keys(spec: LoadExperimentSpec) -> None:
    """Refuse a key that what it names could not have.

    Raises:
        PlanError: names the map, the key and the remedy.
    """
    request = spec.load.request
    pods: dict[str, PodFields | None] = {f"variants {each.name}": each for each in spec.variants}
    for whose, pod in (pods | {"preparation": spec.preparation}).items():
        if pod is not None:
            _check_marks(f"{whose}: podLabels", pod.pod_labels)
            _check_marks(f"{whose}: podAnnotations", pod.pod_annotations)
    _check_node_labels(spec.placement)
    _check_headers("load.request.headers", request.headers)
    for step in request.steps:
        _check_headers(f"load.request.steps {step.name}: headers", step.headers)
    _check(
        "load.request.variables", request.variables, VARIABLE_NAME,
        "cannot be put in by ${name}: letters, digits and _ only, such as user_id",
    )  # fmt: skip
    if (taken := next((n for n in OWN_VARIABLES if n in request.variables), None)) is not None:
        message = (
            f"load.request.variables: {taken} is LoadLab's own, {OWN_VARIABLES[taken]}; give the "
            "variable another name"
        )
        raise PlanError(Reason.INVALID_SPEC, message)
    _check(
        "postgres.settings", spec.postgres.settings, SETTING_NAME,
        "is no setting of Postgres; `SHOW ALL` in a database lists them",
    )  # fmt: skip


def _check_node_labels(placement: Placement) -> None:
    own = placement.components
    selectors = {"placement.nodeSelector": placement.node_selector} | {
        f"placement.components.{name}.nodeSelector": own.of(Component(name)).node_selector
        for name in type(own).model_fields
    }
    for field, labels in selectors.items():
        _check(
            field, labels, LABEL_KEY,
            "is no label's key; `kubectl get nodes --show-labels` shows those there are",
        )  # fmt: skip


def _check_headers(field: str, headers: Mapping[str, str]) -> None:
    _check(
        field, headers, HEADER_NAME,
        "is no header's name: letters, digits and -_.!#$%&'*+^`|~ only, such as X-Shelf",
    )  # fmt: skip
    for name, value in headers.items():
        _check(
            f"{field}.{name}", (value,), HEADER_VALUE,
            "is no header's value: printable ASCII, without blanks at its ends",
        )  # fmt: skip


def _check_marks(field: str, given: Iterable[str]) -> None:
    _check(field, given, LABEL_KEY, "is no key of a label or annotation, such as example.com/team")
    reserved = next((key for key in given if RESERVED.fullmatch(key)), None)
    if reserved is not None:
        message = f"{field}: {fit(reserved, SHOWN)!r} is for Kubernetes or LoadLab to set"
        raise PlanError(Reason.INVALID_SPEC, f"{message}; leave it out, or give it another prefix")


def _check(field: str, found: Iterable[str], pattern: re.Pattern[str], why: str) -> None:
    wrong = next((text for text in found if not pattern.fullmatch(text)), None)
    if wrong is not None:
        raise PlanError(Reason.INVALID_SPEC, f"{field}: {fit(wrong, SHOWN)!r} {why}")
