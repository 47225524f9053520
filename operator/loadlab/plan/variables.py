"""What requests draw from: every ${name} is a variable, or what an earlier step has extracted."""

import re
from collections.abc import Mapping

from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.request import Request
from loadlab.model.spec.steps import Extract, Form, Step
from loadlab.model.status.conditions import Reason
from loadlab.plan.errors import PlanError
from loadlab.plan.keys import OWN_VARIABLES

VARIABLE = re.compile(r"\$\{(\w+)\}", re.ASCII)  # as the scenario script reads it


def check_variables(spec: LoadExperimentSpec) -> None:
    """Refuse a name that nothing gives a value to, and one that two give.

    Raises:
        PlanError: names the field and the remedy.
    """
    request = spec.load.request
    known = {*OWN_VARIABLES, *request.variables}
    if not request.steps:
        _check_texts("load.request", _texts_of(request), known)
    names: set[str] = set()
    places: set[str] = set()
    for step in request.steps:
        where = f"load.request.steps {step.name}"
        if step.name in names:
            raise PlanError(Reason.INVALID_SPEC, f"{where}: there are two steps of this name")
        names.add(step.name)
        # The headers of the request are sent with each step.
        given = {name.lower() for name in step.headers}
        shared = {n: v for n, v in request.headers.items() if n.lower() not in given}
        _check_texts("load.request", _headers(shared), known)
        _check_texts(where, _texts_of(step), known)
        _check_places(where, step, places)
        _learn(where, step, known)
        places |= {it.name for it in step.extract if _is_escaped_place(it)}


def _is_escaped_place(extract: Extract) -> bool:
    return (extract.header or "").lower() == "location" and extract.form is Form.TEXT


def _check_places(where: str, step: Step, places: set[str]) -> None:
    name = next((name for name in VARIABLE.findall(step.path) if name in places), None)
    if name is not None:
        message = (
            f"{where}.path uses ${{{name}}}, the header Location as a text, whose slashes would be "
            f"escaped: add as: Path to its extract, and write /${{{name}}}"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _learn(where: str, step: Step, known: set[str]) -> None:
    for extract in step.extract:
        if extract.name in known:
            message = f"{where}: extract {extract.name} has a value already; give it another name"
            raise PlanError(Reason.INVALID_SPEC, message)
        known.add(extract.name)


def _texts_of(asked: Request | Step) -> dict[str, str]:
    return {"path": asked.path or "", "body": asked.body or "", **_headers(asked.headers)}


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {f"headers.{name}": value for name, value in headers.items()}


def _check_texts(where: str, texts: Mapping[str, str], known: set[str]) -> None:
    for place, text in texts.items():
        unknown = next((name for name in VARIABLE.findall(text) if name not in known), None)
        if unknown is not None:
            message = (
                f"{where}.{place} uses ${{{unknown}}}, of which load.request.variables and earlier "
                f"steps say nothing; add {unknown}: {{min: …, max: …}} or {{values: […]}} there"
            )
            raise PlanError(Reason.INVALID_SPEC, message)
