"""`loadlab bundle`: one archive that holds everything, and is read without a cluster."""

import csv
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadlab.cli.bundle.cleaned import clean, needs
from loadlab.cli.bundle.contents import bundle
from loadlab.cli.preview import preview
from tests.unit.cli.api_server import ApiServer, Run
from tests.unit.report.examples import full

SAMPLES = Path(__file__).resolve().parents[3] / "manifests" / "samples"
NOWHERE = Path("/nonexistent/kubeconfig")


def spec_of(sample: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SAMPLES / sample).read_text())["spec"]
    return found


@pytest.fixture
def wells() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    experiment, trials = full()
    experiment["metadata"] |= {"name": "select", "managedFields": [{}], "annotations": {"a": "b"}}
    experiment["spec"] = spec_of("select.yaml") | {"suspend": False}
    ApiServer.reads = [(200, [experiment])]
    ApiServer.trials = (200, [{"metadata": {}, "items": trials}])
    return experiment, trials


@pytest.fixture
def file(loadlab: Run, wells, tmp_path: Path) -> Path:
    path = tmp_path / "select.tar.gz"
    code, out, err = loadlab("bundle", "select", "-o", str(path))
    assert (code, err) == (0, "")
    assert out.startswith(f"select: written to {path}, 34 files, 0.1 MiB\n")
    return path


def files_of(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        members = archive.getmembers()
        return {m.name: archive.extractfile(m).read() for m in members}  # type: ignore[union-attr]


def test_it_holds_trials_tables_report_and_what_runs_it_again(file: Path) -> None:
    found = files_of(file)

    assert [name for name in found if "/trials/" not in name] == [
        f"select/{name}"
        for name in (
            *("manifest.json", "README.txt", "experiment.yaml", "experiment.json"),
            *("environment.json", "report.html", "results.json"),
            *("cells.csv", "trials.csv", "seconds.csv"),
        )
    ]
    trials = [json.loads(text) for name, text in found.items() if "/trials/" in name]
    assert len(trials) == 24
    measured = [trial["status"]["measurement"]["measurement"] for trial in trials]
    assert all(each["latency"] and each["series"]["requests"] for each in measured)
    seconds = list(csv.DictReader(io.StringIO(found["select/seconds.csv"].decode())))
    assert len(seconds) == 24 * 30
    assert found["select/report.html"].count(b'<figure class="trial') == 24
    assert b"7f7f7f" in found["select/environment.json"]


def test_the_same_experiment_makes_the_same_bytes(wells) -> None:
    experiment, trials = wells

    assert bundle(experiment, trials).packed == bundle(experiment, trials[::-1]).packed


def test_its_files_have_the_time_at_which_the_experiment_ended(file: Path) -> None:
    with tarfile.open(file) as archive:
        assert {member.mtime for member in archive} == {1_795_183_200}


def test_the_manifest_is_one_that_the_operator_accepts(file: Path) -> None:
    again = yaml.safe_load(files_of(file)["select/experiment.yaml"])

    assert preview(again).name == "select"
    assert again["metadata"] == {"name": "select"}
    assert "suspend" not in again["spec"]


@pytest.mark.parametrize("sample", sorted(SAMPLES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_sample_comes_through_as_it_was(sample: Path) -> None:
    documents = [d for d in yaml.safe_load_all(sample.read_text()) if d]
    experiments = [d for d in documents if d["kind"] == "LoadExperiment"]

    for document in experiments:
        cleaned = clean(document)
        assert cleaned.left_out == ()
        assert cleaned.again["spec"] == document["spec"]


def test_it_leaves_out_what_looks_like_a_credential_and_says_where(loadlab: Run, wells) -> None:
    experiment, _ = wells
    experiment["spec"]["variants"][0]["env"] = [
        {"name": "DB_PASSWORD", "value": "hunter2"},
        {"name": "DATABASE_URL", "value": "postgresql://app:hunter2@db/shop"},
        {"name": "REGION", "value": "eu-1"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "shop", "key": "token"}}},
    ]
    experiment["spec"]["variants"][1]["command"] = ["serve", "--api-key", "hunter2"]
    experiment["spec"]["load"]["request"] = {
        "headers": {"Authorization": "Bearer hunter2", "X-Token": "${token}"},
        "variables": {"token": {"values": ["hunter2"]}},
        "body": '{"user": "a", "password": "hunter2"}',
    }

    out = loadlab("bundle", "select", "-o", "/dev/null")[1]
    found = bundle(*wells)

    assert found.left_out == (
        "spec.variants.0.env.0.value",
        "spec.variants.0.env.1.value",
        "spec.variants.1.command.2",
        "spec.load.request.headers.Authorization",
        "spec.load.request.variables.token.values.0",
        "spec.load.request.body",
    )
    assert "left out, as it looks like a password or a token: spec.load.request.body" in out
    with tarfile.open(fileobj=io.BytesIO(found.packed)) as archive:
        texts = [archive.extractfile(m).read() for m in archive]  # type: ignore[union-attr]
    assert not any(b"hunter2" in text for text in texts)
    assert any(b"#   spec.load.request.body" in text for text in texts)
    assert any(b"X-Token: ${token}" in text and b"eu-1" in text for text in texts)


def test_it_names_what_the_experiment_needs_beside_itself() -> None:
    spec = {
        "variants": [
            {"image": "localhost/shop:1", "imagePullSecrets": [{"name": "pull"}]},
            {"serviceAccountName": "shop", "https": {"secretName": "shop-tls"}},
            {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]},
        ],
        "preparation": {"sql": {"name": "seed", "key": "seed.sql"}},
        "postgres": {"secretRef": {"name": "db"}},
        "comparison": {"baselineRef": {"name": "before"}},
    }

    assert list(needs(spec)) == [
        *("image localhost/shop:1", "Secret pull", "ServiceAccount shop", "Secret shop-tls"),
        *("ConfigMap c", "ConfigMap seed", "Secret db", "LoadExperiment before"),
    ]


@pytest.mark.parametrize(
    "command",
    [
        ["results"],
        ["results", "-o", "csv"],
        ["results", "-o", "json"],
        ["report", "-o", "-"],
        ["gate"],
        ["export", "--table", "trials"],
        ["export", "--table", "seconds", "-o", "json"],
    ],
    ids=" ".join,
)
def test_a_bundle_is_read_without_a_cluster_as_the_cluster_is(
    loadlab: Run, file: Path, command: list[str]
) -> None:
    verb, *options = command

    read = loadlab(verb, "--from", str(file), *options, config=NOWHERE)

    assert read == loadlab(verb, "select", *options)
    assert read[1]
    assert not read[2]


def test_two_bundles_are_compared(loadlab: Run, file: Path, wells, tmp_path: Path) -> None:
    experiment, trials = wells
    experiment["metadata"] |= {"name": "before", "uid": "other"}
    before = tmp_path / "before.tgz"
    before.write_bytes(bundle(experiment, trials).packed)

    both = loadlab("compare", str(file), str(before), config=NOWHERE)
    by_option = loadlab("compare", str(file), "--from", str(before), config=NOWHERE)

    assert both == by_option
    assert "lab/select (here) over lab/before (there)" in both[1]


def test_a_bundle_is_compared_with_the_cluster(loadlab: Run, wells, tmp_path: Path) -> None:
    experiment, trials = wells
    before = tmp_path / "before.tar.gz"
    before.write_bytes(bundle({**experiment, "metadata": {"name": "before"}}, trials).packed)

    assert "lab/select (here) over" in loadlab("compare", "select", "--from", str(before))[1]


def test_a_bundle_with_itself_is_no_comparison(loadlab: Run, file: Path) -> None:
    code, _, err = loadlab("compare", str(file), str(file), config=NOWHERE)

    assert code == 2
    assert "are one experiment: name two" in err


def test_another_name_than_the_bundle_holds_is_told(loadlab: Run, file: Path) -> None:
    code, _, err = loadlab("results", "ingest", "--from", str(file), config=NOWHERE)

    assert (code, err) == (
        2,
        "loadlab: the bundle holds the experiment select, and not ingest\n",
    )


def test_without_a_name_and_a_bundle_it_asks_for_one(loadlab: Run) -> None:
    assert loadlab("results")[::2] == (
        2,
        "loadlab: name an experiment, or a bundle by --from\n",
    )


def test_one_that_runs_is_not_bundled(loadlab: Run, running: dict[str, Any]) -> None:
    ApiServer.reads = [(200, [running])]

    code, _, err = loadlab("bundle", "select")

    assert code == 2
    assert "select is not finished, and a bundle holds all of it: loadlab wait select -n lab" in err


def test_who_may_not_read_trials_gets_no_bundle(loadlab: Run, wells) -> None:
    ApiServer.trials = (403, [{"kind": "Status", "reason": "Forbidden"}])

    code, _, err = loadlab("bundle", "select", "-o", "/dev/null")

    assert code == 1
    assert "LoadTrials in lab may not be read" in err


def test_trials_of_a_deleted_experiment_of_that_name_are_left_out(wells) -> None:
    experiment, trials = wells
    trials[0]["metadata"]["ownerReferences"] = [{"uid": "former"}]

    assert bundle(experiment, trials).files == 33


def test_the_config_maps_that_it_names_are_in_it(loadlab: Run, wells, tmp_path: Path) -> None:
    experiment, _ = wells
    experiment["spec"]["preparation"] = {"sql": {"name": "seed", "key": "seed.sql"}}
    experiment["spec"]["load"]["request"] = {
        "path": "/${city}",
        "variables": {"city": {"configMapKeyRef": {"name": "hidden", "key": "cities"}}},
    }
    stored = {
        "metadata": {"name": "seed", "uid": "u", "managedFields": [{}]},
        "data": {"seed.sql": "SELECT 1;\n", "dsn": "postgresql://a:hunter2@db/shop"},
    }
    places = "/api/v1/namespaces/lab/configmaps"
    ApiServer.others = {
        f"{places}/seed": (200, [stored]),
        f"{places}/hidden": (403, [{"kind": "Status"}]),
    }

    out = loadlab("bundle", "select", "-o", str(tmp_path / "b.tar.gz"))[1]
    ApiServer.others = {}

    (found,) = yaml.safe_load_all(files_of(tmp_path / "b.tar.gz")["select/configmaps.yaml"])
    assert found["metadata"] == {"name": "seed"}
    assert found["data"] == {"seed.sql": "SELECT 1;\n", "dsn": "postgresql://…@db/shop"}
    assert "not in it, as it cannot be read (403): ConfigMap hidden" in out
    assert "left out, as it looks like a password or a token: ConfigMap seed.data.dsn" in out
    assert loadlab("results", "--from", str(tmp_path / "b.tar.gz"), config=NOWHERE)[1]
