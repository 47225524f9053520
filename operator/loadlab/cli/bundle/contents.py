"""The files of a bundle, from an experiment's object and its trials. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from loadlab import __version__
from loadlab.base.times import epoch
from loadlab.cli.bundle import archive, manifest
from loadlab.cli.bundle.cleaned import Cleaned, clean, clean_config_map, clean_trial, needs
from loadlab.cli.experiment import Experiment
from loadlab.cli.export import Format, export
from loadlab.cli.flat import Measured, Table, csv_of, rows_of
from loadlab.cli.reporting import belonging, build
from loadlab.report import read_trials

EXPERIMENT = "experiment.json"
TRIALS = "trials/"
_README = """\
A LoadLab experiment: {name}, measured in the namespace {namespace}.

report.html       what it shows; opens in any browser, without a network
experiment.yaml   to measure it again: loadlab run experiment.yaml, or apply it with kubectl
configmaps.yaml   the ConfigMaps that it names, where it names any: apply them first
experiment.json   the experiment with its status, as the cluster had it
trials/           every trial: histograms, series by the second, judgement, evidence
environment.json  where it ran: images by digest, node, seed, versions
results.json, cells.csv, trials.csv, seconds.csv   its tables
manifest.json     versions, checksums, and what experiment.yaml names beside itself

Read it without a cluster: loadlab results --from FILE.tar.gz; so do report, compare, gate, export.
"""


@dataclass(frozen=True, slots=True)
class Bundled:
    """A bundle and what its maker is told."""

    packed: bytes
    files: int
    left_out: tuple[str, ...]  # texts that look like credentials, by their place
    notes: tuple[str, ...]  # trials that this release cannot read; they are in it all the same


def bundle(
    resource: dict[str, Any],
    trials: list[dict[str, Any]],
    config_maps: Sequence[Mapping[str, Any]] = (),
) -> Bundled:
    """Make a bundle of a finished experiment, its trials, and the ConfigMaps that it names."""
    own = sorted(belonging(resource, trials), key=lambda trial: str(trial["metadata"]["name"]))
    experiment, cleaned = Experiment.of(resource), clean(resource)
    kept = [clean_trial(trial) for trial in own]
    stored, notes = read_trials(kept)
    files = dict(_files(experiment, cleaned, kept, Measured(experiment, stored)))
    maps = [clean_config_map(one) for one in config_maps]
    if maps:
        text = yaml.safe_dump_all((found for found, _ in maps), sort_keys=False, allow_unicode=True)
        files["configmaps.yaml"] = text.encode()
    cleaned = replace(cleaned, left_out=sum((left for _, left in maps), cleaned.left_out))
    said = _manifest(experiment, cleaned, files, notes)
    packed = archive.pack(
        {manifest.FILE: manifest.write_json(said.dump()), **files},
        folder=experiment.name,
        epoch_seconds=_ended(experiment),
    )
    return Bundled(packed, len(files) + 1, cleaned.left_out, tuple(notes))


def _files(
    experiment: Experiment,
    cleaned: Cleaned,
    trials: Sequence[dict[str, Any]],
    measured: Measured,
) -> Iterator[tuple[str, bytes]]:
    names = {"name": experiment.name, "namespace": experiment.namespace}
    yield "README.txt", _README.format(**names).encode()
    yield "experiment.yaml", _again(cleaned).encode()
    yield EXPERIMENT, manifest.write_json(cleaned.resource)
    yield "environment.json", manifest.write_json(_environment(experiment))
    yield "report.html", _report(cleaned, trials).encode()
    yield "results.json", f"{export(experiment, Format.JSON)}\n".encode()
    for table in Table:
        yield f"{table}.csv", f"{csv_of(rows_of(measured, table))}\n".encode()
    for trial in trials:
        yield f"{TRIALS}{trial['metadata']['name']}.json", manifest.write_json(trial, indent=None)


def _report(cleaned: Cleaned, trials: Sequence[dict[str, Any]]) -> str:
    """Write the report as it will be read from the bundle: of trials that are known as its own."""
    metadata = {**cleaned.resource["metadata"], "uid": ""}
    return build({**cleaned.resource, "metadata": metadata}, list(trials))


def _again(cleaned: Cleaned) -> str:
    lines = [f"#   {place}" for place in cleaned.left_out]
    if lines:
        lines.insert(0, "# Left out here, as it looks like a password or a token: set it again.")
    text = yaml.safe_dump(cleaned.again, sort_keys=False, allow_unicode=True, width=100)
    return "".join(f"{line}\n" for line in lines) + text


def _environment(experiment: Experiment) -> Mapping[str, Any]:
    status = experiment.status.dump()
    names = ("environment", "chosen", "calibration", "operatorVersion", "fingerprint")
    times = ("startTime", "completionTime", "overheadSeconds", "preliminarySeconds")
    return {name: status[name] for name in (*names, *times) if name in status}


def _manifest(
    experiment: Experiment, cleaned: Cleaned, files: Mapping[str, bytes], notes: Sequence[str]
) -> manifest.Manifest:
    metadata, spec = cleaned.resource["metadata"], cleaned.resource["spec"]
    known = {name: str(metadata.get(name, "")) for name in ("name", "namespace", "uid")}
    return manifest.Manifest(
        format=manifest.FORMAT,
        loadlab=__version__,
        operator=experiment.status.operator_version,
        experiment={**known, "workload": str(spec.get("workload", ""))},
        needs=tuple(sorted(set(needs(spec)))),
        left_out=cleaned.left_out,
        notes=tuple(notes),
        files={name: manifest.Packed.of(content) for name, content in files.items()},
    )


def _ended(experiment: Experiment) -> int:
    """Return when it ended, as the time of all files; 1970 where that is not told."""
    try:
        return max(int(epoch(experiment.status.completion_time or "")), 0)
    except (ValueError, OverflowError):
        return 0
