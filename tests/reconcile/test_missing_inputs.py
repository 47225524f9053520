"""A Secret or ConfigMap that is mounted and is not there is named at once, with its field."""

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Manifest
from loadlab.kube.errors import RefusedError
from tests.reconcile.laboratory import Laboratory

CREATE = "; create it in the experiment's namespace, or name another"
SHOP: Manifest = {
    "name": "shop",
    "image": "shop:1",
    "https": {
        "secretName": "own-shop-tls",
        "ca": {"configMapKeyRef": {"name": "own-ca", "key": "ca.crt"}},
    },
}
FILES: Manifest = {
    "files": [
        {"path": "/etc/shop.toml", "configMapKeyRef": {"name": "own-files", "key": "shop.toml"}},
        {"path": "/etc/licence", "secretKeyRef": {"name": "own-keys", "key": "licence"}},
    ]
}
OWN: Manifest = {
    "workload": "custom",
    "variants": [SHOP],
    "load": {"request": {"path": "/"}, "duration": "5s", "warmup": "1s"},
    "replicates": 1,
    "timeouts": {"ready": "20s", "prepare": "20s"},
}
FILED: Manifest = OWN | {"variants": [SHOP | FILES]}
PREPARED: Manifest = OWN | {"preparation": {"image": "shop:1"} | FILES}
SQL: Manifest = {
    "preparation": {"sql": {"name": "shop", "key": "seed.sql"}},
    "replicates": 1,
    "timeouts": {"prepare": "20s"},
}
NOT_FOUND = 'MountVolume.SetUp failed for volume "tls" : secret "own-shop-tls" not found'
NO_SQL = (
    'MountVolume.SetUp failed for volume "sql" : '
    "configmap references non-existent config key: seed.sql"
)
NO_CA = 'MountVolume.SetUp failed for volume "ca" : configmap "own-ca" not found'
NO_FILE = 'MountVolume.SetUp failed for volume "file-0" : configmap "own-files" not found'
NO_LICENCE = (
    'MountVolume.SetUp failed for volume "file-1" : references non-existent secret key: licence'
)
LATE = 'MountVolume.SetUp failed for volume "tls" : object "lab"/"own-shop-tls" not registered'


def waits(lab: Laboratory, component: str, *said: str) -> None:
    """Let a part's pod wait for its volumes, of which its events say this."""
    creating = {
        "phase": "Pending",
        "containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}],
    }
    lab.cluster.fault_of = lambda pod: creating if is_of(pod, component) else None
    lab.cluster.mounts_said = lambda pod: said if is_of(pod, component) else ()


def is_of(pod: Manifest, component: str) -> bool:
    return bool(pod["metadata"]["labels"][COMPONENT_LABEL] == component)


@pytest.mark.parametrize(
    ("spec", "component", "said", "says"),
    [
        (OWN, "service", NOT_FOUND, "the Secret own-shop-tls (https.secretName) is not there"),
        (OWN, "k6", NO_CA, "the ConfigMap own-ca (https.ca) is not there"),
        (SQL, "preparation", NO_SQL, "the ConfigMap shop (preparation.sql) has no key seed.sql"),
        (FILED, "service", NO_FILE, "the ConfigMap own-files (files) is not there"),
        (FILED, "service", NO_LICENCE, "the Secret own-keys (files) has no key licence"),
        (PREPARED, "preparation", NO_FILE, "the ConfigMap own-files (files) is not there"),
    ],
    ids=["Secret", "ConfigMap", "key", "file", "key of a file", "file of a preparation"],
)
async def test_it_is_named_while_it_is_waited_for_and_where_that_was_in_vain(
    spec, component, said, says
):
    lab = Laboratory()
    lab.submit(**spec)
    waits(lab, component, "MountVolume: something else", said)
    while not lab.condition("Stalled"):
        await lab.step()

    assert not lab.is_finished()
    assert lab.condition("Stalled")["reason"] == "CreationRefused"
    assert lab.condition("Stalled")["message"].endswith(f"({component}): {says}{CREATE}")
    await lab.run()
    assert lab.condition("Failed")["reason"] == "CreationRefused"
    assert lab.condition("Failed")["message"].endswith(f"{says}{CREATE}")


async def test_what_its_first_container_notes_is_named_once_and_with_its_field():
    """The same Secret is mounted twice: by the service, and by what notes it."""
    lab = Laboratory()
    lab.submit(**FILED)
    waits(lab, "service", LATE)

    await lab.run()

    said = lab.condition("Failed")["message"]
    assert said.count("own-shop-tls") == said.count("own-keys") == 1
    assert "Secret own-keys (files)" in said


async def test_once_it_is_there_the_experiment_goes_on():
    lab = Laboratory()
    lab.submit(**OWN)
    waits(lab, "service", NOT_FOUND)
    while not lab.condition("Stalled"):
        await lab.step()
    lab.cluster.fault_of = lambda _: None
    for (_, _, _), item in list(lab.cluster.objects.items()):
        if item["kind"] == "Pod" and is_of(item, "service"):
            item["status"] = {"phase": "Pending"}

    assert (await lab.run())["phase"] == "Succeeded"
    assert lab.condition("Stalled")["status"] == "False"


@pytest.mark.parametrize("answer", ["late", "refused"])
async def test_where_no_event_says_what_is_missing_all_that_is_mounted_is_named(
    answer, monkeypatch
):
    lab = Laboratory()
    lab.submit(**OWN)
    waits(lab, "service", LATE)

    async def refuse(*_: object) -> None:
        raise RefusedError("GET events: 403 forbidden")

    if answer == "refused":
        monkeypatch.setattr(lab.cluster, "why_not_mounted", refuse)
    await lab.run()

    failed = lab.condition("Failed")
    assert failed["reason"] == "NeverReady"
    assert failed["message"].endswith(
        "service (its pod on node node-1 waits for Secret own-shop-tls (https.secretName): is each "
        "there, with the keys that are asked for?)"
    )
