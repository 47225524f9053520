"""ConfigMaps that a spec names are looked at all the time: there is an end to them."""

import pytest

from loadlab.model.status.inputs import MOST_CONFIG_MAPS
from loadlab.plan import PlanError, make_plan
from tests.manifests import Json


def naming(number: int) -> Json:
    """A spec that names so many ConfigMaps, some of them twice."""
    names = [f"shop-{n}" for n in range(number - 1)]
    refs = [{"configMapKeyRef": {"name": name, "key": "x"}} for name in (*names, names[0])]
    env = [{"name": f"V{n}", "valueFrom": ref} for n, ref in enumerate(refs)]
    variants = [
        {"name": f"own-{n}", "image": "own:1", "env": env[n : n + 10]}
        for n in range(0, len(env), 10)
    ]
    load = {"script": {"configMap": {"name": "shop-load"}}}
    return {"workload": "custom", "variants": variants, "load": load}


def test_more_config_maps_than_are_looked_after_are_refused(experiment, images):
    assert make_plan(experiment(**naming(MOST_CONFIG_MAPS)), images).trials

    with pytest.raises(PlanError, match="names 21 ConfigMaps, and 20 are the most") as refused:
        make_plan(experiment(**naming(MOST_CONFIG_MAPS + 1)), images)

    assert "put more keys into one" in str(refused.value)
