"""What the caller may do, asked of the API server verb by verb."""

from collections.abc import Iterator

from loadlab.base.names import GROUP
from loadlab.cli.doctor.finding import Ask, Finding, Outcome, unknown

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_EXPERIMENTS, _TRIALS = "loadexperiments", "loadtrials"
_GROUPS = (
    (
        "read experiments (results, status, gate, compare)",
        "loadlab-view",
        ((_EXPERIMENTS, "get"), (_EXPERIMENTS, "list"), (_EXPERIMENTS, "watch"), (_TRIALS, "list")),
    ),
    (
        "make them (run, kubectl apply and delete)",
        "loadlab-edit",
        ((_EXPERIMENTS, "create"), (_EXPERIMENTS, "patch"), (_EXPERIMENTS, "delete")),
    ),
)


def allowed(ask: Ask, namespace: str) -> Iterator[Finding]:
    """Yield whether the caller may do what the command and an experiment need."""
    for what, role, rights in _GROUPS:
        yield _allowed(ask, namespace, what, role, rights)


def _allowed(
    ask: Ask, namespace: str, what: str, role: str, rights: tuple[tuple[str, str], ...]
) -> Finding:
    lacking = []
    for resource, verb in rights:
        place = {"namespace": namespace, "group": GROUP, "resource": resource, "verb": verb}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": place},
        }
        answer = ask(_PATH, review)
        if not answer.is_there:
            return unknown("rights", f"whether you may {what}", answer)
        if not (answer.document.get("status") or {}).get("allowed"):
            lacking.append(f"{verb} {resource}")
    if lacking:
        message = f"you may not {what} in {namespace}: {', '.join(lacking)}"
        remedy = (
            f"kubectl create rolebinding YOU-{role} --clusterrole {role} --user YOU -n {namespace}"
        )
        return Finding("rights", Outcome.PROBLEM, message, remedy)
    return Finding("rights", Outcome.OK, f"you may {what} in {namespace}")
