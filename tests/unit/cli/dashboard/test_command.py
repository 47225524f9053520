"""The command before it serves: what is missing, and whether a browser is opened."""

import sys
import webbrowser
from contextlib import ExitStack
from pathlib import Path

import pytest

from loadlab.cli.commands import dashboard
from tests.unit.cli.api_server import Run
from tests.unit.cli.conftest import kubeconfig, loadlab

__all__ = ["kubeconfig", "loadlab"]


def test_without_its_extra_it_says_what_to_install(
    loadlab: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("loadlab.cli.dashboard")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)

    code, out, err = loadlab("dashboard")

    assert (code, out) == (1, "")
    assert err == "loadlab: the dashboard needs fastapi: pip install 'loadlab[dashboard]'\n"


def test_without_a_kubeconfig_it_says_so(loadlab: Run, tmp_path: Path) -> None:
    code, _, err = loadlab("dashboard", config=tmp_path / "none")

    assert (code, err.startswith("loadlab: no usable kubeconfig")) == (1, True)


def test_a_browser_is_told_the_address_by_a_file_that_is_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(webbrowser, "open", asked.append)

    with ExitStack() as kept:
        dashboard._open("http://127.0.0.1:1/t0ken/", kept)
        file = Path(asked[0].removeprefix("file://"))
        assert "url=http://127.0.0.1:1/t0ken/" in file.read_text()
        assert file.parent.stat().st_mode & 0o077 == 0

    assert not file.exists()
    assert "t0ken" not in asked[0]


@pytest.mark.parametrize(("display", "expected"), [("", False), (":0", True)])
def test_without_a_screen_none_is_opened(
    monkeypatch: pytest.MonkeyPatch, display: str, expected: bool
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    assert dashboard._has_screen() is expected
