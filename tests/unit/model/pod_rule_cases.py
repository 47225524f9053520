"""The cases of the rules of pods: variants, their environment, where they run, preparation."""

from tests.manifests import Json
from tests.unit.model.rule_case import OWN, SECRET, case, long_key

RUNS: Json = {"name": "mine", "service": {"name": "shop", "port": 80}}
BEYOND: Json = {"name": "mine", "url": "https://a.example"}


NAMED: Json = {"name": "shop"}
PULLED: Json = {"imagePullPolicy": "Always", "imagePullSecrets": [NAMED], "envFrom": []}
FILE: Json = {"path": "/etc/shop/settings.toml", "configMapKeyRef": SECRET}


def variable(name: str) -> dict[str, str]:
    return {"name": name, "value": "1"}


POD_CASES = [
    *case(
        "Amounts",
        cpu=({"cpu": "1", "cpuRequest": "1000m"}, {"cpu": "1", "cpuRequest": "1001m"}),
        memory=(
            {"memory": "1Gi", "memoryRequest": "1024Mi"},
            {"memory": "1G", "memoryRequest": "1Gi"},
        ),
    ),
    *case(
        "Variant",
        token=(
            OWN | {"automountServiceAccountToken": True, "serviceAccountName": "shop"},
            OWN | {"automountServiceAccountToken": True},
        ),
        labels=long_key("podLabels", 317, "x", **OWN),
        annotations=long_key("podAnnotations", 317, "x", **OWN),
        command=(OWN | {"command": ["x"]}, {"name": "sync", "command": ["x"]}),
        port=(OWN | {"port": 1}, {"name": "sync", "port": 1}),
        files=(OWN | {"files": [FILE]}, {"name": "sync", "files": [FILE]}),
        files_there=(OWN | {"files": [FILE]}, RUNS | {"files": [FILE]}),
        path=(OWN | {"readinessPath": "/"}, {"name": "sync", "readinessPath": "/"}),
        instruments=(OWN | {"instrumentsPort": 1}, {"name": "sync", "instrumentsPort": 1}),
        server=({"name": "sync", "server": "gunicorn"}, OWN | {"server": "gunicorn"}),
        env=(
            OWN | {"env": [variable("A"), variable("B")]},
            OWN | {"env": [variable("A"), variable("B"), variable("A")]},
        ),
        ports=(OWN | {"instrumentsPort": 8001}, OWN | {"instrumentsPort": 8000}),
        one=(RUNS, RUNS | {"image": "mine:1"}),
        one_running=(BEYOND, BEYOND | {"service": {"name": "shop", "port": 80}}),
        metered=(RUNS | {"instrumentsPort": 9000}, BEYOND | {"instrumentsPort": 9000}),
        running_ports=(RUNS | {"instrumentsPort": 8000}, RUNS | {"instrumentsPort": 80}),
        told=(RUNS | {"metrics": {"port": 80}}, OWN | {"metrics": {"port": 80}}),
        told_once=(
            RUNS | {"metrics": {"port": 80}},
            RUNS | {"metrics": {"port": 80}, "instrumentsPort": 9000},
        ),
        deployed=(RUNS | {"env": []}, RUNS | {"env": [variable("A")]}),
        labelled=(BEYOND | {"podLabels": {}}, BEYOND | {"podLabels": {"team": "shop"}}),
        certificate=(RUNS | {"https": {}}, RUNS | {"https": {"secretName": "tls"}}),
        scheme=(BEYOND | {"https": {}}, BEYOND | {"url": "http://a.example", "https": {}}),
        probed=(BEYOND | {"readinessPath": "/"}, {"name": "sync", "https": {}}),
        own_ports=(
            OWN | {"port": 80, "instrumentsPort": 8000},
            OWN | {"port": 80, "instrumentsPort": 80},
        ),
    ),
    *case(
        "EnvVar",
        neither=(variable("A"), {"name": "A"}),
        both=(variable("A"), variable("A") | {"valueFrom": {"secretKeyRef": SECRET}}),
        secret=({"name": "A", "valueFrom": {"secretKeyRef": SECRET}}, {"name": "A"}),
    ),
    *case(
        "ValueSource",
        one=({"configMapKeyRef": SECRET}, {"configMapKeyRef": SECRET, "secretKeyRef": SECRET}),
        none=({"secretKeyRef": SECRET}, {}),
    ),
    *case(
        "MountedFile",
        one=(FILE, FILE | {"secretKeyRef": SECRET}),
        kernel=(FILE | {"path": "/procs/x"}, FILE | {"path": "/proc/x"}),
        scratch=(FILE | {"path": "/var/tmp/x"}, FILE | {"path": "/tmp/x"}),
        token=(
            FILE | {"path": "/run/secrets/token"},
            FILE | {"path": "/var/run/secrets/kubernetes.io/serviceaccount/token"},
        ),
    ),
    *case(
        "EnvSource",
        one=({"configMapRef": NAMED}, {"configMapRef": NAMED, "secretRef": NAMED}),
        none=({"secretRef": NAMED}, {}),
    ),
    *case(
        "Placement",
        keys=long_key("nodeSelector", 317, "x"),
        priority=({"priorityClassName": "tests"}, {"priorityClassName": "system-node-critical"}),
    ),
    *case(
        "Toleration",
        key=({"key": "example.com/tests"}, {"key": "node.kubernetes.io/unreachable"}),
    ),
    *case(
        "Preparation",
        one=({"image": "a:1"}, {"image": "a:1", "sql": SECRET}),
        none=({"sql": SECRET}, {}),
        command=({"image": "a:1", "command": ["x"]}, {"sql": SECRET, "command": ["x"]}),
        env=(
            {"image": "a:1", "env": [variable("A"), variable("B")]},
            {"image": "a:1", "env": [variable("A"), variable("A")]},
        ),
        pulled=({"image": "a:1"} | PULLED, {"sql": SECRET} | PULLED),
        files=({"image": "a:1", "files": [FILE]}, {"sql": SECRET, "files": [FILE]}),
        account=(
            {"image": "a:1", "serviceAccountName": "shop"},
            {"sql": SECRET, "serviceAccountName": "shop"},
        ),
        token=(
            {"image": "a:1", "automountServiceAccountToken": True, "serviceAccountName": "shop"},
            {"image": "a:1", "automountServiceAccountToken": True},
        ),
        labels=long_key("podLabels", 317, "x", image="a:1"),
        annotations=long_key("podAnnotations", 317, "x", sql=SECRET),
    ),
]
