"""`source .state/activate`, in real shells: what it adds, twice, from anywhere, and undone."""

import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from loadlab_cluster.current import CurrentCluster
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.handout import Access, machine_program, remove_handout, write_handout
from loadlab_cluster.settings import Settings

SHOW = 'echo "$PATH|${KUBECONFIG-unset}|$(command -v kubectl)"'
FORMER_PATH = "/usr/bin:/bin"


@pytest.fixture(params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not on this machine")
    return found


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """Settings whose .state is in a folder with a blank in its name, as a user's may be."""
    settings = replace(settings, handout=tmp_path / "my project" / ".state")
    write_handout(settings, Access("embedded", "a test cluster", "echo kubectl"))
    return settings


def run(shell: str, script: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [shell, "-f" if shell.endswith("zsh") else "--norc", "-c", script],
        env={"PATH": FORMER_PATH, **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def active(own: Settings, former_path: str = FORMER_PATH) -> str:
    folder = own.handout / "bin"
    return f"{folder}:{former_path}|{own.kubeconfig}|{folder / 'kubectl'}"


def test_it_adds_the_programs_and_the_kubeconfig_and_says_so_in_a_line(
    shell: str, own: Settings
) -> None:
    said, seen = run(shell, f'source "{own.activation}"; {SHOW}')

    assert "a test cluster" in said
    assert "undo: loadlab_deactivate" in said
    assert seen == active(own)


def test_it_changes_nothing_twice(shell: str, own: Settings) -> None:
    twice = f'set -eu; source "{own.activation}"; source "{own.activation}"; {SHOW}'

    assert run(shell, twice)[-1] == active(own)


def test_a_shell_in_an_active_shell_may_source_it_too(shell: str, own: Settings) -> None:
    inner = f'{shell} -c "source \\"{own.activation}\\"; env" | grep -E "^(PATH|KUBECONFIG)="'
    seen = run(shell, f'source "{own.activation}"; {inner}')

    assert f"PATH={own.handout / 'bin'}:{FORMER_PATH}" in seen
    assert f"KUBECONFIG={own.kubeconfig}" in seen


@pytest.mark.parametrize("former", [{}, {"KUBECONFIG": "/mine/a:/mine/b"}], ids=["none", "own"])
def test_the_undo_leaves_the_shell_as_it_was(
    shell: str, own: Settings, former: dict[str, str]
) -> None:
    undone = f'source "{own.activation}"; PATH="/later:$PATH"; loadlab_deactivate; {SHOW}'
    *_, said, seen = run(shell, undone, **former)

    assert said == "loadlab: this shell is as it was before"
    assert seen.startswith(f"/later:{FORMER_PATH}|{former.get('KUBECONFIG', 'unset')}|")


def test_the_users_own_context_keeps_its_kubeconfig(shell: str, own: Settings) -> None:
    write_handout(own, Access("current", "yours", "echo kubectl", own_kubeconfig=False))
    seen = run(shell, f'source "{own.activation}"; {SHOW}', KUBECONFIG="/mine")[-1]

    assert seen.split("|")[1] == "/mine"


def test_a_wrapper_asks_its_own_cluster_whatever_the_shell_says(own: Settings) -> None:
    """KUBECONFIG of somebody who also works with a real cluster must never be installed into."""
    write_handout(own, Access("embedded", "a test cluster", "env"))
    done = subprocess.run(
        [own.program("kubectl")],
        env={"PATH": FORMER_PATH, "KUBECONFIG": "/production"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"KUBECONFIG={own.kubeconfig}" in done.stdout.splitlines()


def test_every_wrapper_is_there_and_goes_with_the_cluster(own: Settings) -> None:
    names = {path.name for path in (own.handout / "bin").iterdir()}
    modes = {path.stat().st_mode & stat.S_IXUSR for path in (own.handout / "bin").iterdir()}
    remove_handout(own, "embedded")

    assert names == {"kubectl", "helm", "helm3", "helm4", "loadlab", "kubectl-loadlab"}
    assert modes == {stat.S_IXUSR}
    assert not own.handout.exists()


def test_the_machines_own_program_is_never_the_wrapper(own: Settings, tmp_path: Path) -> None:
    """In an activated shell the wrapper comes first, and would call itself for ever."""
    program = tmp_path / "kubectl"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    active = {"PATH": f"{own.handout / 'bin'}:{tmp_path}"}

    assert machine_program("kubectl", own, active) == str(program)
    with pytest.raises(ClusterError, match="kubectl is not installed"):
        machine_program("kubectl", own, {"PATH": str(own.handout / "bin")})


def test_the_current_context_is_not_the_one_that_we_made(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))

    with pytest.raises(ClusterError, match="loadlab_deactivate first"):
        CurrentCluster(own).up()
