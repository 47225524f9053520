"""docs/tutorial.md does what it says: its files, its commands, and what they print."""

import json
import re
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import yaml

from loadlab.cli import main
from loadlab_cluster.own_image import with_stand_ins

REPOSITORY = Path(__file__).resolve().parents[2]
TUTORIAL = (REPOSITORY / "docs" / "tutorial.md").read_text()
FILE = re.compile(
    r"^`\.\./shop/(?P<name>[\w.]+)`[^\n]*\n\n```\w+\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)
YAML = re.compile(r"(?ms)^```yaml\n(?P<text>.*?)^```")
PRINTED = re.compile(
    r"^    (?P<line>loadlab plan [^\n]*)\n\n```text\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)
INIT = re.compile(r"^    (?P<line>loadlab init .*)$", re.MULTILINE)
FILES = {found["name"]: found["text"] for found in FILE.finditer(TUTORIAL)}
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder beside the repository, as the reader has it after both steps."""
    found = YAML.search(TUTORIAL)
    assert found is not None
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in (FILES | {"shop.yaml": found["text"]}).items():
        (folder / name).write_text(text)
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    return folder


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(line: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return run


def app_with(style: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tutorial's app; its handlers' types are read from the names that it has."""
    monkeypatch.setenv("STYLE", style)
    names: dict[str, Any] = {"__name__": "app"}
    exec(compile(FILES["app.py"], "app.py", "exec"), names)
    return names["app"]


@pytest.mark.parametrize("style", ["def", "async"])
async def test_the_app_answers_alike_in_both_styles(style, monkeypatch):
    transport = httpx.ASGITransport(app_with(style, monkeypatch))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        stock, ready = await client.get("/stock/9"), await client.get("/healthz")

    assert stock.json() == {"article": 9, "stock": 2}
    assert ready.status_code == 200


def test_the_versions_are_those_that_we_test_with():
    locked = (REPOSITORY / "requirements" / "services.txt").read_text()

    for line in FILES["requirements.txt"].splitlines():
        name, _, version = line.partition("==")
        assert re.search(rf"^{name.partition('[')[0]}=={version} ", locked, re.MULTILINE), line


def test_make_image_builds_its_dockerfile_as_the_user_that_every_pod_has():
    recipe = FILES["Dockerfile"]

    assert "\nUSER 10001:10001\n" in recipe
    assert "FROM" in with_stand_ins(recipe, where="Dockerfile")
    copied = re.findall(r"^COPY (\S+)", recipe, re.MULTILINE)
    assert set(copied) <= FILES.keys()


class Described(BaseHTTPRequestHandler):
    """The running app, as far as `loadlab init` asks it."""

    document: ClassVar[bytes] = b""

    def do_GET(self) -> None:
        assert self.path == "/openapi.json"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.document)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    Described.document = json.dumps(app_with("def", monkeypatch).openapi()).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Described)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_its_experiment_is_what_init_writes_and_what_the_reader_adds(shop, running, command):
    found = INIT.search(TUTORIAL)
    assert found is not None

    code, out, err = command(found["line"].replace("http://127.0.0.1:8000", running))

    assert (code, err) == (0, "")
    assert "../shop/first.yaml: written" in out
    written = yaml.safe_load((shop / "first.yaml").read_text())
    own = yaml.safe_load((shop / "shop.yaml").read_text())
    assert [v.pop("env") for v in own["spec"]["variants"]] == [
        [{"name": "STYLE", "value": style}] for style in ("def", "async")
    ]
    assert own["spec"]["load"] | {"warmup": "5s", "duration": "30s"} == written["spec"]["load"]
    own["spec"]["load"] = written["spec"]["load"]
    assert own == written


def test_plan_prints_what_stands_there(shop, command):
    found = PRINTED.search(TUTORIAL)
    assert found is not None

    assert command(found["line"]) == (0, found["text"], "")


def test_it_takes_no_longer_than_it_says(shop, command):
    """A quarter of an hour with the cluster there: the experiment may take a third of it."""
    out = command("loadlab plan ../shop/shop.yaml")[1]
    minutes = re.search(r"about (\d+) min", out)

    assert minutes is not None
    assert int(minutes[1]) < 5
