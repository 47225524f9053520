"""The samples of a team's own service against the app that they name, by the real k6."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadlab.model.resources import Experiment
from loadlab.plan import Images, make_plan
from loadlab.plan.generator import trial_configuration
from loadlab.plan.secret_headers import secret_variables
from tests.loadgen.conftest import ENVIRONMENT_TOO, REPOSITORY, Lab
from tests.loadgen.own_script import OWN
from tests.loadgen.stand_in import Server
from tests.manifests import Json

pytestmark = pytest.mark.integration
SAMPLES = REPOSITORY / "manifests" / "samples"
IMAGES = Images(services="s", k6="k", postgres="p", redis="r", rabbitmq="q")


class Shop(Server):
    """The sample's app, and beside it the steward."""

    def __init__(self) -> None:
        super().__init__()
        file = SAMPLES / "own-service" / "app.py"
        spec = importlib.util.spec_from_file_location("own_service_app", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.app = module.app
        self.authorizations: set[bytes] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith("/runs/"):
            await super().__call__(scope, receive, send)
            return
        self.authorizations.add(dict(scope["headers"]).get(b"authorization", b""))
        await self.app(scope, receive, send)


@pytest.fixture
def server() -> Shop:
    return Shop()


def documents(name: str) -> dict[str, Json]:
    found = yaml.safe_load_all((SAMPLES / "own" / f"{name}.yaml").read_text())
    return {document["kind"]: document for document in found}


def measured(lab: Lab, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a sample's trial with what a kubelet would put into the pod."""
    given = documents(name)
    body = given["LoadExperiment"]
    body["metadata"] |= {"namespace": "default", "uid": "u"}
    plan = make_plan(Experiment.model_validate(body), IMAGES)
    config = trial_configuration(plan.context, plan.trials[0].run(1))
    config |= {"target": lab.address, "steward": lab.address}
    for variable in config["variables"].values():
        if "file" in variable:
            (text,) = given["ConfigMap"]["data"].values()
            (folder / "lines").write_text(text, encoding="utf-8")
            variable["file"] = str(folder / "lines")
    for variable in secret_variables(plan.context.spec):
        key = variable["valueFrom"]["secretKeyRef"]["key"]
        monkeypatch.setenv(variable["name"], given["Secret"]["stringData"][key])
    ended = lab.run(ENVIRONMENT_TOO, config=config)
    assert ended.code == 0, ended.stderr
    return ended.document["scenarios"]["measure"]


@pytest.mark.parametrize("name", ["secrets", "pods", "statuses", "steps"])
def test_every_request_of_a_sample_is_answered_well(name, lab, tmp_path, monkeypatch):
    measure = measured(lab, name, tmp_path, monkeypatch)

    assert measure["requests"] > 20
    assert measure["failures"] == []


def test_the_token_of_the_secret_is_sent(lab, server, tmp_path, monkeypatch):
    measured(lab, "secrets", tmp_path, monkeypatch)

    assert b"Bearer change-me-too" in server.authorizations


def test_a_redirect_is_followed_and_counted_apart(lab, tmp_path, monkeypatch):
    measure = measured(lab, "statuses", tmp_path, monkeypatch)

    assert measure["redirectsFollowed"] == measure["requests"] == measure["iterations"]


def test_steps_are_told_apart(lab, tmp_path, monkeypatch):
    measure = measured(lab, "steps", tmp_path, monkeypatch)

    counted = {split["name"]: split["requests"] for split in measure["splits"]}
    assert counted == {"login": measure["iterations"], "me": measure["iterations"]}


def test_a_script_and_the_files_beside_it_are_read_as_a_kubelet_mounts_them(
    lab, tmp_path, monkeypatch
):
    given = documents("script")
    body = given["LoadExperiment"]
    body["metadata"] |= {"namespace": "default", "uid": "u"}
    plan = make_plan(Experiment.model_validate(body), IMAGES)
    config = trial_configuration(plan.context, plan.trials[0].run(1))
    config |= {"target": lab.address, "steward": lab.address}
    mount(given["ConfigMap"]["data"], tmp_path)
    config["script"]["path"] = str(tmp_path / Path(config["script"]["path"]).name)
    for variable in body["spec"]["load"]["script"]["env"]:
        monkeypatch.setenv(variable["name"], variable["value"])

    ended = lab.run(config=config, script=OWN)

    assert ended.code == 0, ended.stderr
    measure = ended.document["scenarios"]["measure"]
    counted = {split["name"]: split["requests"] for split in measure["splits"]}
    assert counted == {"/login": measure["iterations"], "/search?shelf=${}": measure["iterations"]}
    assert measure["failures"] == []
    assert ended.document["checks"] == {"is 200": {"passed": measure["iterations"], "failed": 0}}
    assert len(ended.document["script"]["thresholds"]) == 3


def mount(data: Json, folder: Path) -> None:
    """A ConfigMap's keys are links to links, so that all change at once."""
    (folder / "..2026").mkdir()
    (folder / "..data").symlink_to("..2026")
    for key, text in data.items():
        (folder / "..2026" / key).write_text(text, encoding="utf-8")
        (folder / key).symlink_to(f"..data/{key}")
