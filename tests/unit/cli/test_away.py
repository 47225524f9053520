"""A kubeconfig that is broken, an API server that is away: one line, and nothing is given up."""

import json
from pathlib import Path

import pytest
from kubernetes.config import kube_config
from urllib3.exceptions import HTTPError

from loadlab.cli import kubeconfig
from loadlab.cli.errors import CliError
from loadlab.cli.refusals import cause
from loadlab.cli.source import Cluster
from tests.manifests import Json
from tests.unit.cli.api_server import ApiServer, Run, kubeconfig_for

NAMED = {"x": "lab", "other": "there"}


@pytest.mark.parametrize(("context", "namespace"), NAMED.items())
def test_a_kubeconfig_without_a_current_context_goes_with_one_that_is_named(
    tmp_path: Path, context: str, namespace: str
) -> None:
    document = kubeconfig_for("http://127.0.0.1:1")
    del document["current-context"]
    other = {
        "name": "other",
        "context": document["contexts"][0]["context"] | {"namespace": "there"},
    }
    document["contexts"].append(other)
    path = tmp_path / "config"
    path.write_text(json.dumps(document))

    assert Cluster.connect(path, context, None).namespace == namespace
    with pytest.raises(CliError, match="no usable kubeconfig"):
        Cluster.connect(path, None, None)


def test_a_pod_without_a_kubeconfig_is_its_service_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"token": "t0ken", "ca.crt": "none", "namespace": "lab\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(kubeconfig, "_ACCOUNT", tmp_path)
    monkeypatch.setattr(kubeconfig, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "absent"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")

    api, namespace = kubeconfig.load(None, None)

    assert (api.configuration.host, namespace) == ("https://127.0.0.1:6443", "lab")


def test_a_kubeconfig_comes_before_the_service_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config"
    path.write_text(json.dumps(kubeconfig_for("http://127.0.0.1:1")))
    (tmp_path / "token").write_text("t0ken")
    monkeypatch.setattr(kubeconfig, "_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    for module in (kubeconfig, kube_config):
        monkeypatch.setattr(module, "KUBE_CONFIG_DEFAULT_LOCATION", f"/nonexistent:{path}")

    api, _ = kubeconfig.load(None, None)

    assert api.configuration.host == "http://127.0.0.1:1"


BROKEN = {
    "no YAML": "a: [",
    "a list": "[]",
    "a text": "kubeconfig",
    "empty": "",
    "no base64": json.dumps(
        kubeconfig_for("https://127.0.0.1:1")
        | {"users": [{"name": "u", "user": {"client-certificate-data": "x"}}]}
    ),
    "no clusters": json.dumps(kubeconfig_for("http://127.0.0.1:1") | {"clusters": None}),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("command", [["results", "select"], ["dashboard", "--no-open"]])
def test_a_kubeconfig_that_is_broken_is_one_line(
    loadlab: Run, tmp_path: Path, text: str, command: list[str]
) -> None:
    path = tmp_path / "broken"
    path.write_text(text)

    code, _, err = loadlab(*command, config=path)

    assert code == 1
    assert err.startswith("loadlab: no usable kubeconfig (")


@pytest.mark.parametrize("command", [["status", "select", "--watch"], ["wait", "select"]])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_api_server_that_is_away_for_a_while_ends_no_watch(
    loadlab: Run, running: Json, finished: Json, command: list[str], status: int
) -> None:
    away = (status, [{"kind": "Status"}])
    ApiServer.reads = [(200, [running]), away, away, (200, [finished])]
    ApiServer.watches = [away, (200, [])]

    code, out, err = loadlab(*command)

    told = " ".join((out + err).split())
    assert code == 0
    assert told.count(f"answered {status}; select goes on, and it is asked again") == 1
    assert "verdict Passed" in out


def test_an_api_server_that_stays_away_is_waited_for_as_long_as_was_said(
    loadlab: Run, running: Json
) -> None:
    ApiServer.reads = [(200, [running]), (503, [{}])]
    ApiServer.watches = [(503, [{}])]

    code, _, err = loadlab("wait", "select", "--timeout", "1")

    assert code == 2
    assert "has not finished within 1 s; it goes on" in " ".join(err.split())


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_no_waiting_mends_ends_a_watch(loadlab: Run, running: Json, status: int) -> None:
    ApiServer.reads = [(200, [running]), (status, [{"kind": "Status"}])]
    ApiServer.watches = [(200, [])]

    code, _, _ = loadlab("wait", "select")

    assert code == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            "HTTPConnection(host='h'): Failed to establish a new connection: [Errno 111] refused",
            "[Errno 111] refused",
        ),
        (
            "<urllib3.HTTPSConnection object at 0x7f>: Failed to resolve 'h'",
            "Failed to resolve 'h'",
        ),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
        ),
        ("", "HTTPError"),
    ],
)
def test_the_cause_of_silence_is_told_without_what_stands_beside_it(error: str, told: str) -> None:
    outer = HTTPError("Max retries exceeded")
    vars(outer)["reason"] = HTTPError(error)

    assert cause(outer) == told
