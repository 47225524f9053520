"""What a pod's first container leaves of its Secrets is what the operator reads."""

from pathlib import Path

from loadlab.base.names import RUN_LABEL
from loadlab.kube.pods import view_pod
from loadlab.progress.noted_secrets import noted_secrets
from loadlab.progress.observed import Observed
from loadlab_services.programs import note_secrets
from tests.contract.sides import plan_of
from tests.manifests import Json

GIVEN = {"keys": {"api": "s3cret"}, "shop": {"url": "postgresql://x", "mode": "dark"}}
MINE: Json = {
    "name": "mine",
    "image": "mine:1",
    "envFrom": [{"secretRef": {"name": name}} for name in (*GIVEN, "missing")],
}


def mount(given: dict[str, str], folder: Path) -> None:
    """As a kubelet does: keys are links to links, so that all change at once."""
    (folder / "..2026").mkdir(parents=True)
    (folder / "..data").symlink_to("..2026")
    for key, text in given.items():
        (folder / "..2026" / key).write_text(text)
        (folder / key).symlink_to(f"..data/{key}")


def planned_pod() -> Json:
    load = {"load": {"request": {"path": "/"}}, "factors": {"workers": [1]}}
    plan = plan_of("custom", MINE, **load)
    deployment = plan.run_manifests(plan.trials[0], 1)[1]
    template: Json = deployment["spec"]["template"]
    return template


def told(folder: Path, key: str = "k", given: dict[str, dict[str, str]] = GIVEN) -> Json:
    """Let the planned container work; return its pod with what the kubelet knows of it."""
    template = planned_pod()
    (container,) = template["spec"]["initContainers"]
    names = {v["name"]: v.get("secret", {}).get("secretName") for v in template["spec"]["volumes"]}
    environment = {each["name"]: each.get("value", key) for each in container["env"]}
    root, message = folder / "root", folder / "termination-log"
    for each in container["volumeMounts"]:
        mount(given.get(names[each["name"]], {}), root / each["mountPath"].lstrip("/"))
    environment["SECRETS_FOLDER"] = str(root / environment["SECRETS_FOLDER"].lstrip("/"))
    message.touch()
    note_secrets.main(environment, message)
    end = {"terminated": {"exitCode": 0, "message": message.read_text()}}
    return {
        "metadata": {"name": "p", "uid": "u", "labels": template["metadata"]["labels"]},
        "spec": template["spec"],
        "status": {"initContainerStatuses": [{"name": container["name"], "state": end}]},
    }


def noted(pod: Json) -> dict[str, str]:
    observed = Observed(pods=(view_pod(pod),))
    return noted_secrets(observed, pod["metadata"]["labels"][RUN_LABEL])


def test_each_secret_that_was_there_has_a_digest(tmp_path):
    assert noted(told(tmp_path)).keys() == GIVEN.keys()


def test_the_same_is_the_same_and_any_other_is_another(tmp_path):
    first = noted(told(tmp_path / "a"))
    others = [
        GIVEN | {"keys": {"api": "s3cret!"}},
        GIVEN | {"keys": {"api": "s3cret", "b": ""}},
        GIVEN | {"keys": {"ap": "is3cret"}},
    ]

    assert noted(told(tmp_path / "b")) == first
    for number, other in enumerate(others):
        found = noted(told(tmp_path / f"c{number}", given=other))
        assert found["keys"] != first["keys"]
        assert found["shop"] == first["shop"]


def test_who_lacks_the_key_cannot_find_out_by_trying(tmp_path):
    assert noted(told(tmp_path / "a", "one")) != noted(told(tmp_path / "b", "another"))


def test_two_that_are_equal_are_not_seen_to_be(tmp_path):
    found = noted(told(tmp_path, given={"keys": {"a": "s3cret"}, "shop": {"a": "s3cret"}}))

    assert found["keys"] != found["shop"]


def test_nothing_of_a_secret_is_told(tmp_path):
    message = told(tmp_path)["status"]["initContainerStatuses"][0]["state"]["terminated"]["message"]

    assert not any(text in message for secret in GIVEN.values() for text in secret.values())
    assert len(message) == 2 * 18 + 2  # of 4,096 that a kubelet keeps: enough for 200 Secrets


def test_what_cannot_be_read_ends_no_trial(tmp_path, capsys):
    told_in = tmp_path / "log"
    note_secrets.main({"SECRETS_FOLDER": str(tmp_path / "none"), "DIGEST_KEY": "k"}, told_in)

    assert not told_in.exists()
    assert "not noted" in capsys.readouterr().err


def test_without_a_key_there_is_no_digest_at_all(tmp_path):
    """By one that anybody can make a password is found by trying."""
    message = tmp_path / "termination-log"

    note_secrets.main({"SECRETS_FOLDER": str(tmp_path)}, message)

    assert not message.exists()
