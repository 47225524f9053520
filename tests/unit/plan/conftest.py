"""An experiment to plan."""

from collections.abc import Callable

import pytest

from loadlab.model.resources import Experiment
from loadlab.plan import Images

IMAGES = Images(
    services="services:1", k6="k6:1", postgres="postgres:15", redis="redis:7", rabbitmq="rabbitmq:3"
)


@pytest.fixture
def images() -> Images:
    return IMAGES


@pytest.fixture
def experiment() -> Callable[..., Experiment]:
    def make(name: str = "demo", **spec: object) -> Experiment:
        base = {"workload": "select", "variants": [{"name": "asyncpg"}]}
        metadata = {"name": name, "namespace": "lab", "uid": "uid-demo"}
        return Experiment.model_validate({"metadata": metadata, "spec": base | spec})

    return make
