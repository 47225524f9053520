"""Https between generator and service: whom the generator trusts, and the service's certificate.

Both are files. Go reads the authorities from the file that SSL_CERT_FILE names, and no others.
"""

from loadlab.model.spec.https import Https
from loadlab.plan.pods import Manifest

CLUSTER_CA = {"name": "kube-root-ca.crt", "key": "ca.crt"}  # in every namespace
CA_FOLDER, CA_FILE = "/ca", "ca.crt"
TRUSTED = "SSL_CERT_FILE"
TLS_FOLDER = "/tls"


def host_of(host: str, namespace: str, https: Https | None) -> str:
    """Return the name that a service is asked by: a certificate may be for all of a namespace."""
    return host if https is None else f"{host}.{namespace}.svc"


def build_trust(https: Https | None) -> tuple[list[Manifest], list[Manifest], list[Manifest]]:
    """Return volumes, mounts and variables of a generator that asks by https; none for http."""
    if https is None:
        return [], [], []
    given = https.ca
    if given is not None and given.secret_key_ref is not None:
        ref = given.secret_key_ref.dump()
        source = {"secret": {"secretName": ref["name"], "items": _file(ref["key"])}}
    else:
        found = given and given.config_map_key_ref
        ref = found.dump() if found else dict(CLUSTER_CA)
        source = {"configMap": {"name": ref["name"], "items": _file(ref["key"])}}
    volumes: list[Manifest] = [{"name": "ca", **source}]
    mounts = [{"name": "ca", "mountPath": CA_FOLDER, "readOnly": True}]
    return volumes, mounts, [{"name": TRUSTED, "value": f"{CA_FOLDER}/{CA_FILE}"}]


def build_certificate(https: Https | None) -> tuple[list[Manifest], list[Manifest]]:
    """Return volumes and mounts of a service's certificate; none where it has its own."""
    if https is None or https.secret_name is None:
        return [], []
    volumes: list[Manifest] = [{"name": "tls", "secret": {"secretName": https.secret_name}}]
    return volumes, [{"name": "tls", "mountPath": TLS_FOLDER, "readOnly": True}]


def _file(key: object) -> list[Manifest]:
    return [{"key": key, "path": CA_FILE}]
