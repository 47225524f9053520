"""The wheel loadlab-instruments: built, and used by apps in an environment with nothing else.

Nothing is fetched: setuptools builds it, and the environment gets its dependencies from this one.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from loadlab import __version__

pytestmark = pytest.mark.integration
SERVICES = Path(__file__).resolve().parents[2] / "services"
PROJECT = tomllib.loads((SERVICES / "pyproject.toml").read_text())["project"]
NEEDED = ("anyio", "prometheus_client", "idna", "typing_extensions.py")
ASKS = """
import asyncio, json, sys, threading, urllib.request
from loadlab_services.instruments import instrument

async def plain(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

class Falcon:  # whose middlewares are of another kind
    def add_middleware(self, middleware):
        raise AssertionError("this is not ours to call")
    async def __call__(self, scope, receive, send):
        await plain(scope, receive, send)

app = instrument({"plain": plain, "falcon": Falcon()}[sys.argv[1]])

def get(path):
    with urllib.request.urlopen("http://127.0.0.1:%s%s" % (sys.argv[2], path)) as answer:
        return answer.read().decode()

async def main():
    async def swallow(message):
        pass
    for _ in range(7):
        await app({"type": "http", "path": "/"}, None, swallow)
    await app({"type": "http", "path": "/ready"}, None, swallow)
    await asyncio.sleep(0.2)
    snapshot = json.loads(await asyncio.to_thread(get, "/snapshot"))
    metrics = await asyncio.to_thread(get, "/metrics")
    print(json.dumps({
        "requests": snapshot["requests"], "cpu": snapshot["cpuSeconds"],
        "lag": snapshot["eventLoopLagSeconds"]["p50"], "metrics": metrics,
        "has_starlette": has("starlette"),
    }))

def has(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    package = Path("loadlab_services", "instruments")
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SERVICES / package, source / package, ignore=without_caches)
    shutil.copy(SERVICES / "pyproject.toml", source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--no-index", "-q", "-w", folder, source], check=True)
    found: list[Path] = list(folder.glob("*.whl"))
    return found[0]


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """A fresh environment with the wheel and what it says it needs."""
    folder: Path = tmp_path_factory.mktemp("venv")
    venv.create(folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(packages)
    ours = Path(sysconfig.get_path("purelib"))
    for name in NEEDED:
        (packages / name).symlink_to(ours / name)
    return folder / "bin" / "python"


def test_it_has_two_dependencies_and_the_version_of_the_rest():
    assert len(PROJECT["dependencies"]) == 2
    assert PROJECT["version"] == __version__


def test_it_holds_the_instruments_and_nothing_else(wheel):
    files = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    wanted = {f"loadlab_services/instruments/{p.name}" for p in SERVICES.rglob("instruments/*.py")}
    assert files == wanted


@pytest.mark.parametrize("app", ["plain", "falcon"])
def test_any_asgi_app_is_counted_with_no_framework_there(python, app, unused_tcp_port, tmp_path):
    done = subprocess.run(
        [python, "-I", "-c", ASKS, app, str(unused_tcp_port)],
        env={
            "INSTRUMENTS_PORT": str(unused_tcp_port),
            "READINESS_PATH": "/ready",
            "TMPDIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["requests"] == 7
    assert told["cpu"] > 0
    assert 0 <= told["lag"] < 0.2
    assert 'loadlab_requests_total{process="0"} 7.0' in told["metrics"]
    assert not told["has_starlette"]
