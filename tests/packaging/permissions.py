"""What a request to the API server needs to be granted, and what the roles grant."""

from tests.manifests import Json

LOADLAB = "loadlab.dev"
CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")
Permission = tuple[str, str, str]  # group, resource with its subresource, verb
VERBS = {"POST": {"create"}, "PUT": {"update"}, "PATCH": {"patch"}, "DELETE": {"delete"}}


def permissions(verb: str, path: str, query: dict[str, str]) -> set[Permission]:
    """Return what a request needs; nothing for what everybody may ask, such as /version."""
    match path.strip("/").split("/"):
        case ["api", _, first, *more]:
            group, rest = "", [first, *more]
        case ["apis", group, _, first, *more]:
            rest = [first, *more]
        case _:
            return set()
    if rest[0] == "namespaces" and len(rest) > 2:
        rest = rest[2:]
    resource = "/".join([rest[0], *rest[2:]])
    if verb == "GET":
        found = {"get"} if len(rest) > 1 else {"watch" if query.get("watch") else "list"}
    else:
        found = VERBS[verb]
    return {(group, resource, one) for one in found}


def granted(installed: list[Json]) -> set[Permission]:
    mine = {("ClusterRole", "loadlab"), ("Role", "loadlab-lease")}
    roles = [i for i in installed if (i["kind"], i["metadata"]["name"]) in mine]
    assert len(roles) == len(mine)
    return {
        (group, resource, verb)
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


# What Kopf asks for in our stead; test_kopf.py holds it to that.
OF_KOPF = {
    (LOADLAB, "loadexperiments", "list"),
    (LOADLAB, "loadexperiments", "watch"),
    (*CRDS, "list"),
    (*CRDS, "watch"),
}
