"""`loadlab run` applies, follows, prints, and goes away without a trace when it is told to."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from loadlab.cli.beside import lacking
from loadlab.cli.source import Cluster
from tests.unit.cli.api_server import PATH, ApiServer, Run

SPEC = {"workload": "sleep", "variants": [{"name": "sync"}]}
REFUSAL = {"kind": "Status", "message": "spec: Invalid value: a finished experiment stays as it is"}


@pytest.fixture
def file(tmp_path: Path) -> str:
    document = {
        "apiVersion": "loadlab.dev/v1alpha1",
        "kind": "LoadExperiment",
        "metadata": {"name": "select"},
        "spec": SPEC,
    }
    path = tmp_path / "select.yaml"
    path.write_text(yaml.safe_dump(document))
    ApiServer.applied, ApiServer.writes = [], (200, [{}])
    return str(path)


@pytest.mark.parametrize("answer", [200, 201], ids=["there", "created"])
def test_it_applies_follows_and_prints(
    loadlab: Run, file: str, running: dict[str, Any], finished: dict[str, Any], answer: int
) -> None:
    ApiServer.writes = (answer, [{}])
    ApiServer.reads = [(200, [running])]
    ApiServer.watches = [(200, [{"type": "MODIFIED", "object": finished}])]

    code, out, err = loadlab("run", file)

    ((path, content_type, body),) = ApiServer.applied
    assert (code, err) == (0, "")
    assert path == f"{PATH}/select?fieldManager=loadlab-run"
    assert content_type == "application/apply-patch+yaml"
    assert body["spec"] == SPEC
    assert out.startswith("select: applied; it takes about ")
    assert "select: Running, 3/9 trials, running select-004\n" in out
    assert "Verdict: Passed" in out


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "ConfigMap shop-load in {file} does not come with this command"),
        (200, ""),
    ],
)
def test_what_else_is_in_the_file_is_said_to_be_left_out_unless_it_is_there(
    loadlab: Run,
    file: str,
    running: dict[str, Any],
    finished: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    words: str,
) -> None:
    ApiServer.reads = [(200, [running])]
    ApiServer.watches = [(200, [{"type": "MODIFIED", "object": finished}])]
    path = "/api/v1/namespaces/lab/configmaps/shop-load"
    monkeypatch.setattr(ApiServer, "others", {path: (status, [{}])})
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop-load"}}
    with Path(file).open("a") as written:
        written.write("---\n" + yaml.safe_dump(other))

    code, out, _ = loadlab("run", file)

    told = " ".join(out.split())
    assert code == 0
    assert len(ApiServer.applied) == 1
    assert words.format(file=file) in told
    assert (f"kubectl apply -n lab -f {file}" in told) == bool(words)


def test_what_an_experiment_names_and_nobody_has_is_said() -> None:
    spec: dict[str, Any] = {"load": {"script": {"configMapKeyRef": {"name": "own", "key": "a.js"}}}}
    spec["variants"] = {"env": [{"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}
    held = {("configmaps", "own"): False, ("secrets", "s"): None}

    (line,) = lacking(spec, (), "own.yaml", "lab", lambda *thing: held[thing])

    assert line.startswith("ConfigMap own: the experiment names it, and namespace lab does not")


def test_what_would_be_refused_is_not_sent(loadlab: Run, file: str) -> None:
    document = yaml.safe_load(Path(file).read_text())
    document["spec"]["workload"] = "slep"
    Path(file).write_text(yaml.safe_dump(document))

    code, _, err = loadlab("run", file)

    assert (code, ApiServer.applied) == (1, [])
    assert "there is no workload 'slep'" in err


def test_the_api_servers_refusal_is_told_in_its_words(loadlab: Run, file: str) -> None:
    ApiServer.writes = (422, [REFUSAL])

    code, _, err = loadlab("run", file)

    assert code == 1
    assert err == f"loadlab: LoadExperiment lab/select is refused (422): {REFUSAL['message']}\n"


def test_one_of_this_name_that_says_otherwise_is_left_alone(loadlab: Run, file: str) -> None:
    ApiServer.writes = (
        409,
        [{"kind": "Status", "message": "conflict with kubectl: .spec.suspend"}],
    )

    code, _, err = loadlab("run", file)

    assert code == 1
    assert err.endswith(
        ".spec.suspend; one of this name is there and says otherwise: give this one another "
        "metadata.name, or: kubectl delete loadexperiment select -n lab\n"
    )


def test_another_spec_of_a_name_that_is_taken_has_a_remedy_too(loadlab: Run, file: str) -> None:
    immutable = "the spec is immutable except suspend and terminate"
    ApiServer.writes = (422, [{"kind": "Status", "message": immutable}])

    code, _, err = loadlab("run", file)

    assert code == 1
    assert "another metadata.name, or: kubectl delete loadexperiment select -n lab" in err


def test_what_ended_before_is_not_taken_for_a_new_measurement(
    loadlab: Run, file: str, finished: dict[str, Any]
) -> None:
    ApiServer.writes = (200, [finished])
    ApiServer.reads = [(200, [finished])]

    code, out, _ = loadlab("run", file)

    assert code == 0
    assert "select: it ended before and is not measured again; for that: kubectl delete" in out


@pytest.mark.parametrize(
    "command", [["run", "FILE"], ["status", "select", "--watch"], ["wait", "select"]]
)
def test_ctrl_c_leaves_it_running_and_says_how_to_come_back(
    loadlab: Run, file: str, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Cluster, "follow", interrupted)

    code, _, err = loadlab(*(file if word == "FILE" else word for word in command))

    assert code == 130
    assert err == (
        "loadlab: select goes on without you; come back: loadlab status select -n lab --watch\n"
    )


def test_two_experiments_are_one_too_many(loadlab: Run, file: str) -> None:
    text = Path(file).read_text()
    Path(file).write_text(f"{text}---\n{text.replace('name: select', 'name: other', 1)}")

    code, _, err = loadlab("run", file)

    assert (code, ApiServer.applied) == (2, [])
    assert "2 LoadExperiments in one file" in err
