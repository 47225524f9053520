"""ServiceAccounts that experiments may use: their owners say so by a label.

The operator can't know who created an experiment, nor whether they may create pods. So a pod runs
as a ServiceAccount that somebody with rights on it has lent, or as the namespace's default without
a token.
"""

from loadlab.base.names import MAY_BE_USED_LABEL
from loadlab.kube.api import Cluster, Kind, Manifest


async def why_not_lent(cluster: Cluster, manifest: Manifest) -> str:
    """Return why the pods of a manifest may not run as the account it names; empty if they may.

    Raises:
        ClusterError: the API server did not show the account.
    """
    pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
    name = pod.get("serviceAccountName")
    if not name:
        return ""
    account = await cluster.get(
        Kind.SERVICE_ACCOUNT, manifest["metadata"]["namespace"], name, bare=True
    )
    if account is None:
        return f"denied: there is no ServiceAccount {name} in the namespace"
    if (account["metadata"].get("labels") or {}).get(MAY_BE_USED_LABEL) != "true":
        return (
            f"denied: the ServiceAccount {name} lacks the label {MAY_BE_USED_LABEL}=true, by "
            "which its owner says that experiments may use it"
        )
    return ""
