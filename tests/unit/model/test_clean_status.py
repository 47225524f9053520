"""No text of others reaches a status, or a terminal, with characters that a terminal obeys.

Every field of both statuses that may hold a text is given a hostile one, as JSON and as values.
"""

import io
import json
import types
import typing
import unicodedata
from enum import Enum
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from rich.console import Console

from loadlab.base.text import plain
from loadlab.cli.experiment import Experiment
from loadlab.cli.export import Format, export
from loadlab.cli.tables import render
from loadlab.model.resources import Experiment as KubernetesExperiment
from loadlab.model.status import LoadExperimentStatus, LoadTrialStatus

HOSTILE = "a\x1b[2J\x9b\x00\x07\x08\r\x7f\u202e\u2066\u200b\ufeff\U000e0041\u2028\nz"
CLEAN = "a[2J  z"
TERMINAL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def hostile(annotation: Any) -> Any:
    """A JSON value for a type, hostile wherever the type lets any text in."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return hostile(inner[0])
    if origin in {typing.Union, types.UnionType}:
        return hostile(str if str in inner else inner[0])
    if origin is tuple:
        return [hostile(inner[0])]
    if origin is dict:
        return {hostile(inner[0]): hostile(inner[1])}
    if annotation is Any:
        return 1
    if issubclass(annotation, BaseModel):
        return {
            field.alias or name: hostile(field.annotation)
            for name, field in annotation.model_fields.items()
        }
    if issubclass(annotation, Enum):
        return next(iter(annotation)).value
    return HOSTILE if annotation is str else annotation(1)


def texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


def obeyed(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in TERMINAL}


@pytest.mark.parametrize("status", [LoadExperimentStatus, LoadTrialStatus])
def test_no_field_of_a_status_takes_what_a_terminal_obeys(status: type[BaseModel]) -> None:
    given = hostile(status)
    attacks = texts(given).count(HOSTILE)
    written = status.model_validate(given).model_dump(mode="json", by_alias=True)

    assert attacks > 5
    assert sum(obeyed(text) != set() for text in texts(written)) == 0
    assert CLEAN in texts(written)


@pytest.mark.parametrize("status", [LoadExperimentStatus, LoadTrialStatus])
def test_no_field_of_a_copy_takes_it_either(status: type[BaseModel]) -> None:
    read = status.model_validate({"phase": "Running"})
    for name, field in status.model_fields.items():
        if field.annotation is str or typing.get_args(field.annotation)[:1] == (str,):
            value: Any = HOSTILE if field.annotation is str else (HOSTILE,)
            copy = read.model_copy(update={name: value})
            assert getattr(copy, name) in {CLEAN, (CLEAN,)}, name


@pytest.mark.parametrize("form", Format)
def test_the_command_prints_nothing_that_a_terminal_obeys(form: Format) -> None:
    metadata = {"name": "exp", "namespace": "lab"}
    experiment = Experiment.of({"metadata": metadata, "status": hostile(LoadExperimentStatus)})
    if form is Format.TABLE:
        screen = io.StringIO()
        Console(width=400, file=screen).print(render(experiment))
        printed = screen.getvalue() + experiment.line
    else:
        printed = export(experiment, form)
    if form is Format.MD:
        printed = printed.replace("\\[", "[")  # escaped, so that it begins no link
    if form is Format.JSON:
        printed = " ".join(texts(json.loads(printed)))

    assert "a[2J" in printed
    assert obeyed(printed) <= {"\n"}


def test_what_is_kept_of_a_measurement_is_clean_to_its_depths() -> None:
    kept = {
        "notes": [{HOSTILE: HOSTILE, "count": 3}],
        "hdr": "HISTFAAAACh4nJNpmSzMwMDAxAAB",
    }
    for status in (
        LoadTrialStatus.model_validate({"measurement": kept}),
        LoadTrialStatus().model_copy(update={"measurement": kept}),
    ):
        assert status.measurement == kept | {"notes": [{CLEAN: CLEAN, "count": 3}]}


def test_what_the_user_wrote_stays_as_it_is() -> None:
    request = {"path": "/", "body": '{\n\t"a": 1\r\n}', "method": "POST"}
    experiment = KubernetesExperiment.model_validate(
        {
            "metadata": {"name": "exp", "namespace": "lab"},
            "spec": {
                "workload": "select",
                "variants": [{"name": "sync", "env": [{"name": "A", "value": "a\nb"}]}],
                "load": {"request": request},
            },
        }
    )

    assert experiment.spec.load.request.body == request["body"]
    assert experiment.spec.variants[0].env[0].value == "a\nb"


def test_a_long_text_without_such_characters_costs_nothing() -> None:
    long = "x" * 1_000_000

    assert plain(long) is long
