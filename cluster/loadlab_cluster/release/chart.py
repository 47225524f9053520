"""The chart, and manifests/install.yaml, with the images of a release by their digests."""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from loadlab_cluster.commands import WORK_SECONDS, read_output, run_logged
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.release.images import written_digests
from loadlab_cluster.release.plan import Release
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import step

CHART = REPOSITORY / "charts" / "loadlab"


def released_values(values: str, release: Release, digests: Mapping[str, str]) -> str:
    """The chart's values.yaml with the released images; a text, so that comments stay."""
    for image, digest in digests.items():
        line = rf'^  {image}: {{repository: loadlab/{image}, tag: "", digest: ""}}$'
        new = f'  {image}: {{repository: {release.repository(image)}, tag: "", digest: "{digest}"}}'
        values, found = re.subn(line, new, values, flags=re.MULTILINE)
        if found != 1:
            raise ClusterError(f"charts/loadlab/values.yaml has no image {image} to be released")
    return values


def write_chart(release: Release, settings: Settings) -> None:
    """Package the chart and render install.yaml, both with the released images."""
    helm = ensure_go_program("helm4", settings)
    release.files.mkdir(parents=True, exist_ok=True)
    with released_chart(release) as chart:
        with step("Package the chart", first=2, again=2):
            log = settings.logs / "release-chart.log"
            run_logged([helm, "package", chart, "--destination", release.files], log)
        generate = [sys.executable, REPOSITORY / "charts/generate.py", "print-install", chart]
        told = ["env", f"HELM={helm}", *map(str, generate)]
        (release.files / "install.yaml").write_text(read_output(told, seconds=WORK_SECONDS))


@contextmanager
def released_chart(release: Release) -> Iterator[Path]:
    """A copy of the chart that names the released images."""
    with tempfile.TemporaryDirectory() as folder:
        chart = Path(folder) / CHART.name
        shutil.copytree(CHART, chart)
        values = chart / "values.yaml"
        values.write_text(released_values(values.read_text(), release, written_digests(release)))
        yield chart


def chart_archive(release: Release) -> Path:
    """The file that Helm packages the chart into."""
    return release.files / f"{CHART.name}-{release.version}.tgz"
