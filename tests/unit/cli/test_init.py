"""`loadlab init`: what it writes is an experiment that the operator would accept."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from loadlab.catalogue import WORKLOADS
from loadlab.cli import main
from loadlab.cli.commands import init as init_command
from loadlab.cli.preview import preview, read_documents
from tests.unit.cli.openapi_documents import SHOP

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["loadlab", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return run


def spec_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)["spec"]
    return found


@pytest.mark.parametrize("workload", [name for name, it in WORKLOADS.items() if it.variants])
def test_every_workload_with_every_variant_is_accepted(command: Command, workload: str) -> None:
    for variants in [[], *([name] for name in WORKLOADS[workload].variants)]:
        chosen = [f"--variant={name}" for name in variants]
        code, out, err = command("init", "--workload", workload, *chosen)

        assert (code, err) == (0, "")
        (document,) = read_documents(out)
        assert preview(document).name == f"my-{workload}"  # the samples have the other
        names = [variant["name"] for variant in spec_of(out)["variants"]]
        assert names == (variants or list(WORKLOADS[workload].variants)[:2])


def test_two_variants_are_compared_at_one_rate_and_one_alone_is_not(command: Command) -> None:
    _, two, _ = command("init")
    _, one, _ = command("init", "--variant=async")
    _, images, _ = command("init", "--image", "old=shop:1", "--image", "new=shop:2")

    assert spec_of(two)["load"]["purpose"] == spec_of(images)["load"]["purpose"] == "Compare"
    assert "purpose" not in spec_of(one)["load"]


def test_a_file_is_written_once_and_validates(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "first.yaml"

    assert command("init", str(file))[0] == 0
    assert command("validate", str(file)) == (0, "my-select: accepted\n", "")
    code, _, err = command("init", str(file))
    assert code == 1
    assert "must be a new file" in err


def test_two_images_of_one_s_own_are_compared(command: Command) -> None:
    code, out, _ = command("init", "--image", "old=r.example/api:1", "--image", "r.example/api@2#x")

    assert (code, out) == (1, "")  # no image's name has such a sign, and no comment hides it
    code, out, _ = command("init", "--image", "old=r.example/api:1", "--image", "r.example/api:2")

    spec = spec_of(out)
    assert code == 0
    assert spec["workload"] == "custom"
    assert [(v["name"], v["image"]) for v in spec["variants"]] == [
        ("old", "r.example/api:1"), ("mine-2", "r.example/api:2")
    ]  # fmt: skip
    assert spec["load"]["request"] == {"method": "GET", "path": "/"}


def test_the_requests_of_a_document_are_listed(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(SHOP))

    code, out, _ = command("init", "--image", "r.example/api:1", "--from", str(file))

    spec = spec_of(out)
    assert code == 0
    assert spec["variants"][0]["readinessPath"] == "/healthz"
    assert spec["load"]["request"] == {
        "method": "GET",
        "path": "/orders/${order_id}",
        "variables": {"order_id": {"min": 1, "max": 100}},
    }
    mark = "    #   request: "
    listed = [line.removeprefix(mark) for line in out.splitlines() if line.startswith(mark)]
    assert len(listed) == 4
    for line in listed:  # each of them can take the place of the first
        document = yaml.safe_load(out)
        document["spec"]["load"]["request"] = yaml.safe_load(line)
        preview(document)


class App(BaseHTTPRequestHandler):
    document: ClassVar[bytes] = json.dumps(SHOP).encode()

    def do_GET(self) -> None:
        found = self.path == "/openapi.json"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(self.document if found else b"")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), App)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["", "/", "/openapi.json"])
def test_a_running_app_is_asked_for_its_document(command: Command, address: str, path: str) -> None:
    code, out, err = command("init", "--image", "r.example/api:1", "--from", address + path)

    assert (code, err) == (0, "")
    assert "/orders/${order_id}" in out


def test_an_app_that_starts_just_now_is_waited_for(command: Command) -> None:
    """As when `uvicorn … &` stands in the line before."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = free.getsockname()
    started = list[ThreadingHTTPServer]()

    def start() -> None:
        started.append(ThreadingHTTPServer(place, App))
        started[0].serve_forever(0.01)

    later = threading.Timer(0.5, start)
    later.start()
    address = f"http://127.0.0.1:{place[1]}"
    code, out, err = command("init", "--image", "r.example/api:1", "--from", address)
    started[0].shutdown()
    later.join()
    started[0].server_close()

    assert (code, err) == (0, f"{address}: nobody listens there yet: waits for it\n")
    assert "/orders/${order_id}" in out


def test_what_is_no_document_is_said_with_its_place(
    command: Command, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(init_command, "_START_SECONDS", 0.3)
    file = tmp_path / "swagger.yaml"
    file.write_text("swagger: '2.0'")
    wrong = {
        f"{address}/none": "it does not answer with a document: HTTP Error 404",
        "http://127.0.0.1:1": "it does not answer with a document",
        "ftp://example.org": "it is no address of http or https",
        str(file): "no OpenAPI 3 document",
    }
    for source, says in wrong.items():
        code, out, err = command("init", "--image", "r.example/api:1", "--from", source)

        assert (code > 0, out) == (True, "")
        assert f"loadlab: {source}: {says}" in err

    absent = tmp_path / "none"
    code, out, err = command("init", "--image", "r.example/api:1", "--from", str(absent))
    told = f"loadlab: cannot read {absent}: No such file or directory\n"
    assert (code > 0, out, err) == (True, "", told)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--from", "x.json"], "--from goes with --image"),
        (["--image", "r/x:1", "--variant", "sync"], "--variant goes with a workload"),
        (["--workload", "slep"], "there is no workload 'slep'"),
        (["--workload", "custom"], "pass --image"),
        (["--variant", "queued"], "does not belong to this workload"),
        (["--name", "A b: c # d"], "InvalidName: a name begins with"),
    ],
)
def test_what_cannot_be_written_is_said(command: Command, arguments: list[str], says: str) -> None:
    code, out, err = command("init", *arguments)

    assert (code > 0, out) == (True, "")
    assert says in err
