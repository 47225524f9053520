"""What LoadLab leaves in the machine's Docker, and takes away again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from loadlab_cluster.machine_docker import MachineDocker, forget_images
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.settings import Settings

DOCKER = """\
echo "docker $*" >> "$LOADLAB_LOG"
case "$1 $2" in
  "image ls") cat "$LOADLAB_IDS" ;;
  "build "*) printf 'sha256:new\\nsha256:kept\\n' > "$LOADLAB_IDS" ;;
esac
"""


@pytest.fixture
def docker(machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Docker with two images, of which a build replaces one; returns what it was told."""
    (tmp_path / "ids").write_text("sha256:old\nsha256:kept\nsha256:kept\n")
    monkeypatch.setenv("LOADLAB_IDS", str(tmp_path / "ids"))
    monkeypatch.setenv("LOADLAB_LOG", str(tmp_path / "said"))
    (tmp_path / "said").touch()
    machine("docker", DOCKER)
    machine("kind", "exit 0")
    return tmp_path / "said"


def removals(docker: Path) -> list[str]:
    return [line for line in docker.read_text().splitlines() if " rm " in line]


def test_an_image_that_was_built_anew_leaves_none_behind(docker: Path, settings: Settings) -> None:
    MachineDocker(settings).images()

    assert removals(docker) == ["docker image rm sha256:old"]
    assert "docker image ls --no-trunc --quiet localhost/loadlab/*" in docker.read_text()


def test_two_images_that_are_loaded_at_once_are_two(
    machine, docker: Path, settings: Settings, tmp_path: Path
) -> None:
    """From a checkout of each version: one archive was both, and gone before it was read."""
    save = 'echo "$4" > "$3"; /bin/sleep 0.3'
    machine("docker", f'case "$1" in save) {save} ;; esac')
    machine("kind", 'echo "loaded $(cat "$5")" >> "$LOADLAB_LOG"')
    both = [OwnImage(tmp_path, tmp_path / "Dockerfile", f"search:{n}") for n in (1, 2)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(MachineDocker(settings).image, both))

    said = sorted(docker.read_text().splitlines())
    assert said == ["loaded localhost/search:1", "loaded localhost/search:2"]
    assert [left for left in settings.cache.rglob("*") if left.suffix == ".tar"] == []


def test_all_of_them_go_when_asked_for(docker: Path) -> None:
    forget_images()

    assert removals(docker) == ["docker image rm --force sha256:kept sha256:old"]


def test_without_one_nothing_is_asked(docker: Path, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("")
    forget_images()

    assert removals(docker) == []


@pytest.mark.parametrize(("script", "said"), [("exit 1", "stay there"), (None, "")])
def test_a_docker_that_is_not_there_stops_nobody(
    machine, capsys: pytest.CaptureFixture[str], script: str | None, said: str
) -> None:
    if script:
        machine("docker", script)
    forget_images()

    assert said in capsys.readouterr().out
