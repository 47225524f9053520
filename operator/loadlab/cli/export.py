"""An experiment for other programs: json, yaml, csv and Markdown. Pure."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import yaml

from loadlab.cli.experiment import Experiment
from loadlab.cli.flat import Measured, Table, csv_of, rows_of
from loadlab.cli.markdown import markdown
from loadlab.cli.tables import render

OF_THE_OPERATOR = {"observedGeneration", "retained"}  # what it knows its own work by


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    MD = "md"


def export(experiment: Experiment, chosen: Format) -> str:
    """Write the results in a format for programs."""
    return _WRITERS[chosen](experiment)


def _document(experiment: Experiment) -> dict[str, Any]:
    """Return all of the status: what is new in it is in the document too, or named here."""
    head = {"name": experiment.name, "namespace": experiment.namespace}
    status = experiment.status.dump()
    return head | {key: value for key, value in status.items() if key not in OF_THE_OPERATOR}


def _json(experiment: Experiment) -> str:
    return json.dumps(_document(experiment), indent=2)


def _yaml(experiment: Experiment) -> str:
    return str(yaml.safe_dump(_document(experiment), sort_keys=False)).rstrip("\n")


def _csv(experiment: Experiment) -> str:
    return csv_of(rows_of(Measured(experiment), Table.CELLS))


def _md(experiment: Experiment) -> str:
    return markdown(render(experiment))


_WRITERS: Mapping[Format, Callable[[Experiment], str]] = {
    Format.JSON: _json,
    Format.YAML: _yaml,
    Format.CSV: _csv,
    Format.MD: _md,
}
