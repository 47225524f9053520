"""How one request is made: what is asked, with which headers and variables."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.base.quantities import Duration, bounded
from loadlab.base.rules import Rule, RuledModel, short_keys
from loadlab.model.spec.secrets import MayBeRenewed, SecretKeyRef
from loadlab.model.spec.steps import Method, Status, Step, UrlPath
from loadlab.model.spec.variables import Variable

HEADER_NAME = r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$"  # a token of RFC 9110, section 5.6.2


class Redirects(StrEnum):
    """What becomes of an answer that names another place (301, 302, 303, 307, 308)."""

    FAIL = "Fail"
    FOLLOW = "Follow"
    ACCEPT = "Accept"


class SecretHeader(MayBeRenewed):
    """A header whose value stands in a Secret, and nowhere else."""

    name: str = Field(
        pattern=HEADER_NAME, max_length=100, description="The header, such as Authorization."
    )
    prefix: str = Field(
        default="",
        pattern=r"^[!-~]([ !-~]*)$|^$",
        max_length=100,
        description='What stands before the value, such as "Bearer "; empty for nothing.',
    )
    secret_key_ref: SecretKeyRef = Field(
        description="The Secret and its key with the value, such as {name: shop, key: token}."
    )


class Request(RuledModel):
    """How one request is made. Without a path, what is asked comes from the workload."""

    RULES: ClassVar[tuple[Rule["Request"], ...]] = (
        Rule(
            "has(self.path) || (has(self.steps) && size(self.steps) > 0) || "
            "!(has(self.method) || has(self.body) || "
            "(has(self.headers) && size(self.headers) > 0) || "
            "(has(self.headersFrom) && size(self.headersFrom) > 0) || "
            "(has(self.expectedStatuses) && size(self.expectedStatuses) > 0) || "
            "(has(self.variables) && size(self.variables) > 0))",
            lambda it: (
                it.path is not None
                or bool(it.steps)
                or not (
                    it.method
                    or it.body is not None
                    or it.headers
                    or it.headers_from
                    or it.expected_statuses
                    or it.variables
                )
            ),
            "method, headers, headersFrom, body, expectedStatuses and variables go with path",
        ),
        Rule(
            "!has(self.steps) || size(self.steps) == 0 || !(has(self.path) || has(self.method) || "
            "has(self.body) || (has(self.expectedStatuses) && size(self.expectedStatuses) > 0))",
            lambda it: (
                not (
                    it.steps
                    and (it.path or it.method or it.body is not None or it.expected_statuses)
                )
            ),
            "each of the steps has path, method, body, expectedStatuses: leave the request's out",
        ),
        short_keys("headers", "headers", 100),
        short_keys("variables", "variables", 60),
    )

    method: Method | None = Field(
        default=None, description="HTTP method of a request of your own (GET unless set)."
    )
    path: UrlPath | None = Field(
        default=None,
        max_length=1000,
        description=(
            "Path and query of a request of your own, such as /search?shelf=${shelf}; absent for "
            "the workload's requests. ${name} is a value of variables. ${request_id} is a number "
            "that no other request of the experiment has, in whichever trial; the steps of one "
            "iteration share it. ${experiment_id} is a text of ten characters that no other "
            "experiment has, where a database outlives it: u${request_id}-${experiment_id}."
        ),
    )
    headers: dict[str, str] = Field(
        default={},
        max_length=20,
        description="Headers of a request of your own; a JSON body has its Content-Type already.",
    )
    headers_from: tuple[SecretHeader, ...] = Field(
        default=(),
        max_length=5,
        description=(
            "Headers with values from Secrets, such as {name: Authorization, prefix: 'Bearer ', "
            "secretKeyRef: {name: shop, key: token}}. k6 reads the value as it starts, without the "
            "line break at its end; it stands in no manifest, log or status."
        ),
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
    body: str | None = Field(
        default=None,
        max_length=65_536,
        description="Body of a request of your own, with ${variables}; absent for none.",
    )
    steps: tuple[Step, ...] = Field(
        default=(),
        max_length=10,
        description=(
            "Requests that a virtual user makes one after the other, instead of path, such as "
            "[{name: login, path: /login}, {name: me, path: /me}]; empty for a single one. Cookies "
            "go from one to the next. The first that fails ends the iteration. With a given number "
            "of users only (constant-vus, ramping-vus)."
        ),
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
    variables: dict[str, Variable] = Field(
        default={},
        max_length=20,
        description=(
            "What path, headers and body draw from, by name: {shelf: {min: 0, max: 9}} or {email: "
            "{values: [a@example.org]}}. A request gets the same values in every variant and "
            "replicate. In a path they are escaped as its parts, in a JSON body as its texts."
        ),
    )
    expected_statuses: tuple[Status, ...] = Field(
        default=(),
        max_length=10,
        description=(
            "Statuses that are good answers of a request of your own, such as [200, 404]; all "
            "others have failed. Empty for 200 to 299, and what `redirects` lets through."
        ),
    )
    redirects: Redirects = Field(
        default=Redirects.FAIL,
        description=(
            "What becomes of an answer that names another place (301, 302, 303, 307, 308). Fail: "
            "the request has failed. Follow: what is found there, ten places on at most, is the "
            "answer, and the way there is in its latency; it is one request all the same. Accept: "
            "it is the answer, and a good one."
        ),
    )
    timeout: Annotated[Duration, bounded("100ms", "120s")] = Field(
        default="20s",
        description="A request without an answer by then has failed. Keep it below gracefulStop.",
    )
    think_time: Annotated[Duration, bounded("0s", "60s")] = Field(
        default="0s",
        description=(
            "Pause of a virtual user between an answer and its next request; in an open model the "
            "next one comes by the rate, and nobody pauses."
        ),
    )
