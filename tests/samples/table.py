"""The samples by folder: what each of them came to when it was run last."""

from pathlib import Path

from tests.measured_table import LongTest, MeasuredTable

PASSES = "Succeeded, every trial counted, nothing left behind"
# What takes more than five minutes, by its size or by the search for a limit.
LARGE = ("capacity-search", "full-scale", "replicas")
FOLDERS = {
    "own": "own service, own stores",
    "generators": "wrk, hey, Locust, and whether they agree",
    "catalogue": "every built-in variant",
    "questions": "how-to questions",
    "first": "those in the first folder",
    "large": "those that take long",
}
TESTS = {number: LongTest(title, PASSES) for number, title in enumerate(FOLDERS.values(), start=1)}
REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "manifests" / "samples"
SAMPLES = sorted(
    str(path.relative_to(FOLDER).with_suffix(""))
    for path in FOLDER.rglob("*.yaml")
    if "kind: LoadExperiment" in path.read_text() and path.parent.name != "published"
)
TABLE = MeasuredTable(TESTS, REPOSITORY / "build" / "samples.json")


def folder_of(sample: str) -> str:
    """Return the part of which a sample is; `sample` is its path below the samples."""
    folder, _, name = sample.rpartition("/")
    return "large" if name in LARGE else folder or "first"
