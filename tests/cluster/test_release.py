"""What a release is called, and what is refused before anything is made."""

import json
import re
from pathlib import Path

import pytest
import yaml

from loadlab_cluster.errors import ClusterError
from loadlab_cluster.release.chart import CHART, released_values
from loadlab_cluster.release.images import plan_build, source_labels
from loadlab_cluster.release.plan import (
    VERSIONS,
    Release,
    check_versions,
    image_names,
    read_notes,
    read_release,
)
from loadlab_cluster.release.push import log_in
from loadlab_cluster.release.python import write_checksums
from loadlab_cluster.release.sboms import known_packages, listed_packages
from loadlab_cluster.release.steps import STEPS, run_steps
from loadlab_cluster.settings import REPOSITORY, load_settings
from tests.manifests import Json

RELEASE = Release("1.2.3", "registry.example.com/team/loadlab", Path("nowhere"))
FILES = {
    "pyproject.toml": 'version = "1.2.3"\n',
    "operator/loadlab/__init__.py": '__version__ = "1.2.3"\n',
    "charts/loadlab/Chart.yaml": 'version: 1.2.3\nappVersion: "1.2.3"\n',
    "CHANGELOG.md": "## [Unreleased]\n\n## [1.2.3] - 2026-11-27\n\nNew.\n\n## [1.2.2]\n\nOld.\n",
}


def write_tree(folder: Path, **changed: str) -> Path:
    for name, text in (FILES | changed).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_tag_and_a_registry_name_a_release() -> None:
    told = {"TAG": "v0.1.0", "REGISTRY": "Registry.Example.com/Owner/LoadLab"}
    release = read_release(told, Path("out"))

    assert release.reference("k6") == "registry.example.com/owner/loadlab/k6:0.1.0"
    assert release.charts == "registry.example.com/owner/loadlab/charts"


@pytest.mark.parametrize("tag", ["", "0.1.0", "v1", "v1.2.3-rc.1", "v1.2.3; id", "main"])
def test_what_is_no_version_is_refused(tag: str) -> None:
    with pytest.raises(ClusterError, match="TAG is"):
        read_release({"TAG": tag, "REGISTRY": "localhost:5000/loadlab"}, Path())


@pytest.mark.parametrize(
    "registry",
    ["", "ghcr.io", "https://r.example.com/a", "r.example.com/a b", "--tls=no/a", "r/a/"],
)
def test_what_is_no_registry_is_refused(registry: str) -> None:
    with pytest.raises(ClusterError, match="REGISTRY is"):
        read_release({"TAG": "v1.2.3", "REGISTRY": registry}, Path())


@pytest.mark.parametrize(
    ("registry", "plain"),
    [
        ("localhost:5000/x", True),
        ("127.0.0.1:80/x", True),
        ("localhost.example.com/x", False),
        ("127.0.0.1.example.com/x", False),
    ],
)
def test_only_this_machine_is_spoken_to_without_a_certificate(registry: str, plain: bool) -> None:
    assert Release("1.2.3", registry, Path()).is_plain_http is plain


def test_files_that_agree_with_the_tag_pass(tmp_path: Path) -> None:
    check_versions("1.2.3", write_tree(tmp_path))


@pytest.mark.parametrize("place", FILES)
def test_each_file_must_agree_with_the_tag(tmp_path: Path, place: str) -> None:
    tree = write_tree(tmp_path, **{place: FILES[place].replace("1.2.3", "1.2.2")})

    with pytest.raises(ClusterError, match=re.escape(f"{place} says 1.2.2")):
        check_versions("1.2.3", tree)


def test_what_stands_under_unreleased_would_be_in_no_notes(tmp_path: Path) -> None:
    changed = FILES["CHANGELOG.md"].replace("[Unreleased]\n", "[Unreleased]\n\n- A thing.\n")

    with pytest.raises(ClusterError, match="under Unreleased"):
        check_versions("1.2.3", write_tree(tmp_path, **{"CHANGELOG.md": changed}))


def test_the_places_of_the_version_are_found_in_this_tree() -> None:
    said = {
        re.search(pattern, (REPOSITORY / place.partition(",")[0]).read_text(), re.MULTILINE)[1]  # type: ignore[index]  # none would fail as well
        for place, pattern in VERSIONS.items()
    }

    assert len(said) == 1


def test_notes_are_the_section_of_the_version() -> None:
    assert read_notes("1.2.3", FILES["CHANGELOG.md"]) == "New.\n"


def test_every_image_of_the_dockerfile_is_released() -> None:
    stages = re.findall(
        r"^FROM .* AS (\S+)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE
    )

    assert set(image_names()) == {"operator", "services", "k6", "generators"} & set(stages)


def test_an_image_says_where_it_comes_from() -> None:
    told = {"GITHUB_SHA": "abc", "GITHUB_REPOSITORY": "owner/loadlab"}
    command = [str(word) for word in plan_build(RELEASE, "k6", source_labels(RELEASE, told))]

    assert command[command.index("--tag") + 1] == "registry.example.com/team/loadlab/k6:1.2.3"
    assert "--label=org.opencontainers.image.revision=abc" in command
    source = "--label=org.opencontainers.image.source=https://github.com/owner/loadlab"
    assert source in command


def test_the_chart_names_the_released_images_and_keeps_the_rest() -> None:
    before = (CHART / "values.yaml").read_text()
    digests = {name: f"sha256:{number:064}" for number, name in enumerate(image_names())}
    values = yaml.safe_load(released_values(before, RELEASE, digests))
    images = values.pop("images")
    others = yaml.safe_load(before)
    theirs = others.pop("images")

    assert values == others
    for name, digest in digests.items():
        repository = f"registry.example.com/team/loadlab/{name}"
        assert images[name] == {"repository": repository, "tag": "", "digest": digest}
    assert {n: images[n] for n in images.keys() - digests} == {
        n: theirs[n] for n in theirs.keys() - digests
    }


def test_an_image_that_the_chart_lost_is_not_passed_over() -> None:
    with pytest.raises(ClusterError, match="no image shop"):
        released_values((CHART / "values.yaml").read_text(), RELEASE, {"shop": "sha256:1"})


def test_checksums_are_those_that_sha256sum_reads(tmp_path: Path) -> None:
    release = Release("1.2.3", "localhost/x", tmp_path)
    release.files.mkdir()
    (release.files / "a").write_text("a\n")
    write_checksums(release)
    write_checksums(release)  # a second time its own file is none of them

    expected = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7  a\n"
    assert (release.files / "SHA256SUMS").read_text() == expected


def test_an_sbom_is_held_against_what_is_pinned() -> None:
    purls = [
        "pkg:pypi/Prometheus_client@0.22.0",
        "pkg:golang/go.k6.io/k6/v2@v2.2.0?type=module",
        "pkg:deb/debian/zlib1g@1:1.2.13?arch=amd64",
    ]
    components = [{"purl": purl} for purl in purls] + [{"name": "a file"}]

    listed = listed_packages(json.dumps({"components": components}))
    assert listed == {"pypi/prometheus-client", "golang/go.k6.io/k6/v2", "deb/debian/zlib1g"}
    assert known_packages("k6") <= listed
    assert {"pypi/kopf", "pypi/prometheus-client"} <= known_packages("operator")


def test_a_login_without_a_password_is_refused_before_anything_is_started() -> None:
    with pytest.raises(ClusterError, match="REGISTRY_PASSWORD"):
        log_in(RELEASE, load_settings(), {"REGISTRY_USER": "me"})


def test_an_unknown_step_stops_all_of_them() -> None:
    told = {"TAG": "v0.1.0", "REGISTRY": "localhost:5000/x"}

    with pytest.raises(ClusterError, match="no step pull; there are") as error:
        run_steps(load_settings(), ["check", "pull"], told)
    assert all(name in str(error.value) for name in STEPS)


def workflow() -> Json:
    read: Json = yaml.safe_load((REPOSITORY / ".github/workflows/release.yaml").read_text())
    return read


def test_the_workflow_takes_every_step_in_its_order() -> None:
    text = json.dumps(workflow())
    taken = " ".join(re.findall(r"STEPS='?([a-z -]+)", text)).split()

    assert taken == list(STEPS)


def test_what_builds_may_write_nothing() -> None:
    jobs = workflow()["jobs"]

    assert workflow()["permissions"] == {}
    assert jobs["build"]["permissions"] == {"contents": "read"}
    assert "secrets." not in json.dumps(jobs["build"])
    built = {word for step in jobs["publish"]["steps"] for word in step.get("run", "").split()}
    assert not built & {"images", "python", "sboms", "check"}
