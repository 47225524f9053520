"""Samples as they are, but for what a test changes."""

import yaml

from tests.e2e.cluster_tools import SAMPLES, Lab
from tests.manifests import Json


def submit_sample(lab: Lab, sample: str, name: str, **changed: object) -> None:
    """Submit a sample under another name; the tests' own defaults, made for haste, do not hold."""
    document = yaml.safe_load((SAMPLES / f"{sample}.yaml").read_text())
    document["metadata"] |= {"name": name, "namespace": lab.namespace}
    document["spec"] |= changed
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(document))


def load_of(sample: str) -> Json:
    document = yaml.safe_load((SAMPLES / f"{sample}.yaml").read_text())
    return dict(document["spec"]["load"])
