"""Variants: the ways to serve a workload that an experiment compares."""

from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.base.rules import Rule, RuledModel, short_keys
from loadlab.catalogue import WORKLOADS, Server
from loadlab.model.spec.https import Https
from loadlab.model.spec.pod import PodFields
from loadlab.model.spec.secrets import ValueSource
from loadlab.model.spec.steps import UrlPath
from loadlab.model.spec.texts import IMAGE, NO_NUL


def _names() -> str:
    """List the catalogue, for `kubectl explain`."""
    listed = (
        f"{name}: {', '.join(workload.variants) or 'images only'}."
        for name, workload in WORKLOADS.items()
    )
    return " ".join(listed)


class EnvVar(RuledModel):
    """One environment variable of the service's and the worker's containers."""

    RULES: ClassVar[tuple[Rule["EnvVar"], ...]] = (
        Rule(
            "has(self.value) != has(self.valueFrom)",
            lambda it: (it.value is None) != (it.value_from is None),
            "a variable of env has either a value or a valueFrom",
        ),
    )

    name: str = Field(
        pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$",
        max_length=100,
        description="Name, such as FLUSH_MS or logging.level.",
    )
    value: str | None = Field(
        default=None,
        max_length=1000,
        pattern=NO_NUL,
        description="Value, always a string; absent where valueFrom has it.",
    )
    value_from: ValueSource | None = Field(
        default=None,
        description=(
            "Where the value is, absent where value has it. It is not shown in any manifest. Who "
            "may create an experiment can so use any Secret of the namespace."
        ),
    )


HTTP_PORT = 8000  # of an image that names none
OWN = (
    *("command", "port", "readinessPath", "instrumentsPort"),
    "https",
    *("imagePullSecrets", "serviceAccountName", "automountServiceAccountToken"),
)


class Variant(PodFields, RuledModel):
    """One way to serve the workload."""

    RULES: ClassVar[tuple[Rule["Variant"], ...]] = (
        Rule(
            f"has(self.image) || !({' || '.join(f'has(self.{field})' for field in OWN)})",
            lambda it: it.image is not None or not (it.dump().keys() & {*OWN}),
            f"{', '.join(OWN)} go with image: a built-in variant has its own",
        ),
        Rule(
            "!has(self.image) || !has(self.server)",
            lambda it: it.image is None or it.server is None,
            "server goes with a built-in variant: an image brings its own, see command",
        ),
        Rule(
            "!has(self.instrumentsPort) || "
            f"self.instrumentsPort != (has(self.port) ? self.port : {HTTP_PORT})",
            lambda it: it.instruments_port is None or it.instruments_port != (it.port or HTTP_PORT),
            "instrumentsPort must differ from port",
        ),
        Rule(
            "!has(self.automountServiceAccountToken) || has(self.serviceAccountName)",
            lambda it: it.automount_service_account_token is None or bool(it.service_account_name),
            "automountServiceAccountToken goes with serviceAccountName: no pod has another's token",
        ),
        short_keys("pod_labels", "podLabels", 317),
        short_keys("pod_annotations", "podAnnotations", 317),
        Rule(
            "self.env.all(given, self.env.exists_one(other, other.name == given.name))",
            lambda it: len({variable.name for variable in it.env}) == len(it.env),
            "env names a variable twice; leave one of them",
            ".env",
        ),
    )

    name: str = Field(
        pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$",
        max_length=30,
        description=f"Built-in variant, or with image any other name. {_names()}",
    )
    image: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        pattern=IMAGE,
        description=(
            "Image of your own service, for names that are not built in only. It runs as user "
            "10001 with a read-only root file system and a writable /tmp, and is told WORKERS, "
            "PORT and, with a built-in workload, DATABASE_URL and POOL_SIZE."
        ),
    )
    command: tuple[Annotated[str, Field(max_length=2000, pattern=NO_NUL)], ...] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description=(
            "Command of the image; absent for the image's own. $(WORKERS) and the other variables "
            "of env are put in."
        ),
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description=(
            f"Port of the image's service ({HTTP_PORT} unless set). It is told as PORT, too."
        ),
    )
    readiness_path: UrlPath | None = Field(
        default=None,
        max_length=300,
        description=(
            "Path that the image answers with a status from 200 to 399 once it can serve (/healthz "
            "unless set)."
        ),
    )
    https: Https | None = Field(
        default=None,
        description=(
            "The image serves by https, such as {secretName: shop-tls}; absent for http. k6 asks "
            "for RUN.NAMESPACE.svc, so its certificate must be one for *.NAMESPACE.svc."
        ),
    )
    instruments_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description=(
            "Port on which the image answers GET /snapshot, as loadlab_services.instruments does; "
            "it is told as INSTRUMENTS_PORT. Where it is absent, a container beside the image "
            "meters CPU, memory and open files, and the rest is unknown."
        ),
    )
    server: Server | None = Field(
        default=None,
        description=(
            "uvicorn, or gunicorn with UvicornWorker, for built-in variants (uvicorn unless set). "
            "factors.server sweeps it instead."
        ),
    )
    env: tuple[EnvVar, ...] = Field(
        default=(),
        max_length=20,
        description=(
            "Further settings of this variant's processes, such as FLUSH_MS (age in ms at which "
            "a batch is flushed), THREAD_TOKENS (AnyIO threads per process) or BACKLOG_LIMIT "
            "(stream length at which the API answers 503)."
        ),
    )
