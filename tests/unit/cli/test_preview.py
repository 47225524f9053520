"""What an experiment would do is told from its file, by the operator's own plan."""

import io
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadlab.cli import main
from loadlab.cli.errors import CliError
from loadlab.cli.preview import preview, read_documents
from loadlab.cli.preview_text import lines_of
from tests.unit.cli.api_server import Run

SAMPLES = Path(__file__).parents[3] / "manifests" / "samples"


def experiment(**spec: Any) -> dict[str, Any]:
    given = {"workload": "sleep", "variants": [{"name": "sync"}, {"name": "async"}]} | spec
    return {
        "apiVersion": "loadlab.dev/v1alpha1",
        "kind": "LoadExperiment",
        "metadata": {"name": "nap"},
        "spec": given,
    }


@pytest.fixture
def on_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Run:
    """Run the command on documents in a file: exit code, output, errors."""

    def run(command: str, *documents: object) -> tuple[int, str, str]:
        file = tmp_path / "experiment.yaml"
        file.write_text(yaml.safe_dump_all(documents))
        monkeypatch.setattr("sys.argv", ["loadlab", command, str(file)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return run


def test_the_demo_takes_as_long_as_it_was_seen_to_take():
    """2 min 50 s to 3 min, from the experiment's start to its end."""
    (document,) = read_documents((SAMPLES / "select.yaml").read_text())

    found = preview(document)

    assert found.plan.most_trials == 15
    assert found.load_seconds == 15 * (1 + 4) + 3 * (1 + 5)
    assert found.estimated_seconds == pytest.approx(175, rel=0.2)


def test_traced_trials_come_after_the_others_and_take_their_time():
    own = {"name": "mine", "image": "mine:1"}
    told = {"name": "told", "image": "mine:1", "instrumentsPort": 9100}
    spec = {"workload": "custom", "variants": [own, told], "load": {"request": {"path": "/"}}}
    without, traced = (preview(experiment(**spec, **it)) for it in ({}, {"trace": {"seconds": 1}}))

    lines = "\n".join(lines_of(traced))
    assert "after them 1 to trace requests" in lines
    assert "nothing to trace in mine: an image tells by instrumentsPort alone" in lines
    assert traced.load_seconds - without.load_seconds == pytest.approx(2 + 3, abs=1)
    assert traced.most_trials == without.most_trials + 1


def test_of_a_search_the_most_is_told_as_nobody_knows_more():
    (document,) = read_documents((SAMPLES / "capacity-search.yaml").read_text())

    found = preview(document)
    text = "\n".join(lines_of(found))

    assert "2 cells, each searched for what it carries = at most 48 trials" in text
    assert "before them 2 to find what each cell carries" in text
    assert "at most about 10 min 9 s" in text
    assert found.load_seconds == 48 * (2 + 6) + 2 * (1 + 5)


@pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.glob("*.yaml")))
def test_every_sample_has_a_preview(sample):
    for document in read_documents((SAMPLES / sample).read_text()):
        lines = list(lines_of(preview(document)))

        assert lines[0].startswith(f"{document['metadata']['name']}: ")


def test_the_largest_cell_says_what_is_asked_for():
    large = preview(experiment(resources={"service": {"cpu": "2"}}))
    shared = preview(experiment(load={"parallelism": 3}, factors={"virtualUsers": [3, 6]}))

    service = next(each for each in large.asked() if each.component == "service")
    k6 = next(each for each in shared.asked() if each.component == "k6")
    assert (service.pods, float(service.cpus)) == (1, 2.0)
    assert k6.pods == 3


def test_validate_names_all_that_would_be_refused(on_file):
    wrong = experiment(workload="slep")
    wrong["metadata"] = {"name": "typo"}
    wide = experiment(factors={"virtualUsers": [*range(1, 21)], "workers": [1, 2]})

    code, out, err = on_file("validate", experiment(), {"kind": "Service"}, wrong, wide)

    assert (code, out) == (1, "nap: accepted\n")
    assert "typo: spec.workload" in err
    assert "nap: TooManyTrials: " in err


@pytest.mark.parametrize("threshold", ["p(95)<", "fast", "p(101)<5"])
def test_a_criterion_that_nobody_can_judge_is_refused(threshold):
    criterion = {"name": "tail", "metric": "http_req_duration", "threshold": threshold}

    with pytest.raises(CliError, match="nap: "):
        preview(experiment(successCriteria=[criterion]))


def test_a_file_without_an_experiment_is_no_success(on_file):
    code, _, err = on_file("plan", {"kind": "Service"})

    assert code == 1
    assert "no LoadExperiment in " in err


@pytest.mark.parametrize("text", ["a: b: c", "\t- x", "!!python/object:os.system {}"])
def test_what_is_no_yaml_is_said(text):
    with pytest.raises(CliError, match="no YAML"):
        list(read_documents(text))


@pytest.mark.parametrize("wrong", [None, [], "x", {"name": 5}, {"name": "n", "namespace": None}])
def test_any_metadata_is_refused_in_one_line(wrong):
    document = experiment() | {"metadata": wrong}

    with pytest.raises(CliError):
        preview(document)


def test_another_version_is_refused():
    with pytest.raises(CliError, match=r"apiVersion is loadlab\.dev/v9, not"):
        preview(experiment() | {"apiVersion": "loadlab.dev/v9"})


def test_standard_input_is_read(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["loadlab", "plan", "-"])
    monkeypatch.setattr("sys.stdin", io.StringIO(yaml.safe_dump(experiment())))

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("nap: 2 cells x 5 replicates = 10 trials\n")


def test_one_of_each_is_told_in_the_singular(on_file):
    code, out, _ = on_file("plan", experiment(variants=[{"name": "sync"}], replicates=1))

    assert code == 0
    assert out.startswith("nap: 1 cell x 1 replicate = 1 trial\n")
    assert "of load, 4 s beside it, " in out


def test_of_two_of_one_name_one_would_replace_the_other(tmp_path, monkeypatch, capsys):
    elsewhere = experiment()
    elsewhere["metadata"] = {**elsewhere["metadata"], "namespace": "other"}
    file = tmp_path / "two.yaml"
    file.write_text(yaml.safe_dump_all([experiment(), elsewhere, experiment()]))
    monkeypatch.setattr("sys.argv", ["loadlab", "validate", str(file)])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    assert "refused: nap: there are several of this name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"replicate": 3}, "nap: spec.replicate: there is no such field: replicates?"),
        ({"load": {"durations": "3s"}}, "nap: spec.load.durations: there is no such field: dur"),
        (
            {"variants": [{"name": "a", "readinesPath": "/"}]},
            "nap: spec.variants.0.readinesPath: there is no such field: readinessPath?",
        ),
        (
            {"factors": {"pollSize": [3]}},
            "nap: spec.factors.pollSize: there is no such field: poolSize?",
        ),
        ({"zebra": 1}, "nap: spec.zebra: there is no such field"),
        ({"variants": [{"name": "a"}, {"name": "a"}]}, "nap: spec"),
    ],
)
def test_a_refusal_has_no_words_of_the_library(wrong, said):
    with pytest.raises(CliError) as refused:
        preview(experiment(**wrong))

    assert str(refused.value).startswith(said)
    assert "Value error" not in str(refused.value)


def test_a_host_is_accepted_if_the_chart_lists_it(on_file):
    load = {"request": {"path": "/"}}
    variants = [{"name": "beyond", "url": "https://shop.example.com"}]

    code, out, _ = on_file("validate", experiment(workload="custom", variants=variants, load=load))

    assert code == 0
    assert out == "nap: accepted, if the chart's allowedHosts has shop.example.com:443\n"
