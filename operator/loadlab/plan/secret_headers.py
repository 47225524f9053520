"""Headers from Secrets: the generator has the value in a variable, whose name it is told.

Neither a manifest nor a log shows the value: the kubelet puts it into the container.
"""

from collections.abc import Iterable

from loadlab.catalogue.requests import SecretValue
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.request import SecretHeader
from loadlab.model.status.conditions import Reason
from loadlab.plan.errors import PlanError
from loadlab.plan.pods import Manifest

VARIABLE = "SECRET_HEADER_"  # and the header's name in hexadecimal: it may have any sign


def secret_headers(given: Iterable[SecretHeader]) -> dict[str, SecretValue]:
    """Return where the generator finds the values, by header."""
    return {
        header.name: SecretValue(variable=_variable(header), prefix=header.prefix)
        for header in given
    }


def secret_variables(spec: LoadExperimentSpec) -> list[Manifest]:
    """Return the variables of the generator's container, each a key of a Secret."""
    return [
        {"name": _variable(header), "valueFrom": {"secretKeyRef": header.secret_key_ref.dump()}}
        for header in spec.load.request.headers_from
    ]


def check_secret_headers(spec: LoadExperimentSpec) -> None:
    """Refuse a header that is given twice: which of them is sent is nobody's to guess.

    Raises:
        PlanError: names the header.
    """
    plain = {name.lower() for name in spec.load.request.headers}
    seen: set[str] = set()
    for header in spec.load.request.headers_from:
        name = header.name.lower()
        if name in plain | seen:
            where = "headers" if name in plain else "headersFrom"
            message = (
                f"load.request.headersFrom: {header.name} stands in load.request.{where} already; "
                "leave one of them"
            )
            raise PlanError(Reason.INVALID_SPEC, message)
        seen.add(name)


def _variable(header: SecretHeader) -> str:
    return VARIABLE + header.name.encode().hex().upper()
