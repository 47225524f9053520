"""Variants: the ways to serve a workload that an experiment compares."""

from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.alias_generators import to_snake

from loadlab.base.rules import Rule, RuledModel
from loadlab.catalogue import WORKLOADS, Server
from loadlab.model.spec.files import BY_PATH, MOST_FILES, MountedFile
from loadlab.model.spec.https import Https
from loadlab.model.spec.pod import POD_RULES, PodFields
from loadlab.model.spec.running import AppMetrics, HostUrl, RunningService
from loadlab.model.spec.secrets import EnvSource, ValueSource
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


MOST_VARIABLES = 60  # in `env`: of a variant, a preparation or a script
HTTP_PORT = 8000  # of an image that names none
OWN = (
    *("command", "port", "imagePullPolicy", "imagePullSecrets"),
    *("serviceAccountName", "automountServiceAccountToken", "envFrom", "files"),
)
ASKED = ("readinessPath", "https")  # of a service that is not built in, whoever deploys it
RUNNING = ("service", "url")  # what is there already
DEPLOYED = ("server", "env", "podLabels", "podAnnotations")
_RUNS = " || ".join(f"has(self.{field})" for field in RUNNING)


def _has(*fields: str) -> str:
    return " || ".join(f"has(self.{field})" for field in fields)


def _given(variant: "Variant", *fields: str) -> int:
    """Count the fields that say something; lists and maps are empty unless they are given."""
    said = (getattr(variant, to_snake(field)) for field in fields)
    return sum(value is not None and value not in ((), {}) for value in said)


class Variant(PodFields, RuledModel):
    """One way to serve the workload."""

    RULES: ClassVar[tuple[Rule["Variant"], ...]] = (
        Rule(
            f"!(has(self.image) && ({_RUNS})) && !(has(self.service) && has(self.url))",
            lambda it: _given(it, "image", *RUNNING) < 2,
            "give one of image, service and url: a variant is deployed, or it runs already",
        ),
        Rule(
            f"has(self.image) || !({_has(*OWN)})",
            lambda it: it.image is not None or not _given(it, *OWN),
            f"{', '.join(OWN)} go with image: a built-in variant and one that runs have their own",
        ),
        Rule(
            f"has(self.image) || {_RUNS} || !({_has(*ASKED)})",
            lambda it: bool(_given(it, "image", *RUNNING)) or not _given(it, *ASKED),
            f"{', '.join(ASKED)} go with image, service or url: a built-in variant has its own",
        ),
        Rule(
            "!has(self.instrumentsPort) || has(self.image) || has(self.service)",
            lambda it: it.instruments_port is None or bool(_given(it, "image", "service")),
            "instrumentsPort goes with image or service: nobody meters what is behind a url",
        ),
        Rule(
            "!has(self.metrics) || (has(self.service) && !has(self.instrumentsPort))",
            lambda it: (
                it.metrics is None or (it.service is not None and it.instruments_port is None)
            ),
            "metrics goes with service, instead of instrumentsPort: an image has a meter beside it",
        ),
        Rule(
            f"!({_RUNS}) || !(has(self.server) || size(self.env) > 0 || "
            "size(self.podLabels) > 0 || size(self.podAnnotations) > 0)",
            lambda it: not (it.runs_already and _given(it, *DEPLOYED)),
            f"{', '.join(DEPLOYED)} go with a variant that is deployed: nothing of a service or a "
            "url is changed",
        ),
        Rule(
            f"!({_RUNS}) || !has(self.https) || !has(self.https.secretName)",
            lambda it: not (it.runs_already and it.https and it.https.secret_name),
            "https.secretName goes with image: a service that runs has its certificate",
        ),
        Rule(
            "!has(self.url) || !has(self.https) || self.url.startsWith('https://')",
            lambda it: it.url is None or it.https is None or it.url.startswith("https://"),
            "https goes with a url that begins with https://",
        ),
        Rule(
            "!has(self.image) || !has(self.server)",
            lambda it: it.image is None or it.server is None,
            "server goes with a built-in variant: an image brings its own, see command",
        ),
        Rule(
            "!has(self.instrumentsPort) || "
            "self.instrumentsPort != (has(self.service) ? self.service.port : "
            f"has(self.port) ? self.port : {HTTP_PORT})",
            lambda it: it.instruments_port is None or it.instruments_port != it.asked_port,
            "instrumentsPort must differ from port",
        ),
        *POD_RULES,
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
        description=(f"Built-in variant, or with image, service or url any other name. {_names()}"),
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
    service: RunningService | None = Field(
        default=None,
        description=(
            "A Service of the namespace that runs already, such as {name: shop, port: 80}; absent "
            "where the variant is deployed. Nothing of it is changed, and CPU and memory are known "
            "by its instrumentsPort only. It needs a selector and a cluster IP. With the workload "
            "custom."
        ),
    )
    url: HostUrl | None = Field(
        default=None,
        max_length=300,
        description=(
            "A host that runs already, such as https://shop.example.com or http://shop.example.com:"
            "8080, by DNS name; absent where the variant is deployed. Refused unless the chart's "
            "allowedHosts has host and port. HTTP figures only. With the workload custom."
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
            "Path that the service answers with a status from 200 to 399 once it can serve "
            "(/healthz unless set)."
        ),
    )
    https: Https | None = Field(
        default=None,
        description=(
            "It is asked by https, such as {secretName: shop-tls}; absent for http. k6 asks "
            "for RUN.NAMESPACE.svc, so its certificate must be one for *.NAMESPACE.svc; a service "
            "that runs is asked for under its own name."
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
    metrics: AppMetrics | None = Field(
        default=None,
        description=(
            "With service: where the app tells a Prometheus, such as {port: 80, path: /metrics}. "
            "By process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds and a "
            "count of requests CPU, memory and files of one process are known; absent for none."
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
        max_length=MOST_VARIABLES,
        description=(
            "Further settings of this variant's processes, such as FLUSH_MS (age in ms at which "
            "a batch is flushed), THREAD_TOKENS (AnyIO threads per process) or BACKLOG_LIMIT "
            "(stream length at which the API answers 503). A value may refer to what the processes "
            "are told, and to a variable before it: $(DATABASE_URL)."
        ),
    )
    env_from: tuple[EnvSource, ...] | None = Field(
        default=None,
        max_length=5,
        description=(
            "Secrets and ConfigMaps whose keys are variables of the image, such as [{configMapRef: "
            "{name: shop}}, {secretRef: {name: shop}}]; a later one wins, and env and what LoadLab "
            "sets win over all; absent for none. Who may create an experiment can so use any "
            "Secret of the namespace."
        ),
    )
    files: tuple[MountedFile, ...] | None = Field(
        default=None,
        max_length=MOST_FILES,
        description=(
            "Files of the image's container from Secrets and ConfigMaps, such as [{path: "
            "/etc/shop/settings.toml, configMapKeyRef: {name: shop, key: settings.toml}}]; absent "
            "for none. Each stands beside what the image has in that folder, in its stead where "
            "it has one of that name; it can be read only, and stays as it was when the pod began."
        ),
        json_schema_extra=BY_PATH,
    )

    @property
    def runs_already(self) -> bool:
        """Whether nothing is deployed for it."""
        return self.service is not None or self.url is not None

    @property
    def asked_port(self) -> int:
        """The port at which its pods or its Service are asked."""
        return self.service.port if self.service else self.port or HTTP_PORT
