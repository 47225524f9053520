"""A database of the user's own: used in a schema apart, and otherwise left as it was."""

import pytest
import yaml

from tests.e2e.cluster_tools import VALUES, Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.e2e

NAME = "their-postgres"
SETTINGS = {"POSTGRES_USER": "them", "POSTGRES_PASSWORD": "secret/@", "POSTGRES_DB": "shop"}
ADDRESS = f"postgresql://guest:secret%2F%40@{NAME}:5432/shop"


def test_an_existing_database_keeps_its_own_tables(lab: Lab):
    lab.delete("existing")
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(_their_database()))
    lab.kubectl("wait", "--for=condition=Ready", f"pod/{NAME}", "--timeout=60s")
    _query(lab, "create table orders as select 7 as number")
    _query(lab, "create role guest login password 'secret/@'")
    _query(lab, "grant create on database shop to guest")

    lab.submit(
        "existing",
        workload="select",
        variants=[{"name": "asyncpg"}],
        factors={"virtualUsers": [4]},
        replicates=1,
        load={"duration": "3s", "warmup": "1s"},
        postgres={"mode": "Existing", "scale": 0.001, "secretRef": {"name": NAME}},
    )
    status = lab.wait("existing", 120)

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    (row,) = status["results"]
    assert row["failedRate"] == 0
    assert "postgres" not in row["cpuMicrosPerRequest"], "a guest may not look into its container"
    assert _query(lab, "select number from public.orders") == "7"
    assert _query(lab, "select count(*) from loadlab.orders") == "5000"
    lab.delete("existing")
    lab.kubectl("delete", f"pod/{NAME}", f"service/{NAME}", f"secret/{NAME}", "--wait=false")


def _query(lab: Lab, statement: str) -> str:
    return lab.kubectl("exec", NAME, "--", "psql", "-U", "them", "shop", "-tAc", statement).strip()


def _their_database() -> list[Json]:
    """A plain pod, as restricted as the namespace demands."""
    image = yaml.safe_load(VALUES.read_text())["images"]["postgres"]
    metadata = {"name": NAME, "labels": {"app": NAME}}
    container = {
        "name": "postgres",
        "image": f"{image['repository']}:{image['tag']}",
        "args": ["postgres", "-c", "unix_socket_directories=/tmp"],
        "env": [{"name": name, "value": value} for name, value in SETTINGS.items()]
        + [{"name": "PGDATA", "value": "/tmp/data"}, {"name": "PGHOST", "value": "/tmp"}],
        "readinessProbe": {
            "exec": {"command": ["pg_isready", "-q", "-h", "127.0.0.1"]},
            "periodSeconds": 1,
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    security = {"runAsNonRoot": True, "runAsUser": 999, "runAsGroup": 999}
    pod = {
        "containers": [container],
        "securityContext": security | {"seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 5,
    }
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": {"app": NAME}, "ports": [{"port": 5432}]},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": NAME},
            "stringData": {"url": ADDRESS},
        },
    ]
