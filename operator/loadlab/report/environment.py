"""Where and with what the numbers were made: what really ran."""

from collections.abc import Iterator

from loadlab import spelling
from loadlab.model.status.trial import RunAs
from loadlab.report.charts import Section, Table
from loadlab.report.subject import Subject


def environment(subject: Subject) -> Iterator[Section]:
    """Yield the section; nothing before anything ran."""
    facts = tuple(_facts(subject))
    tables = (
        [Table(caption="The experiment", head=("what", "value"), rows=facts, is_open=True)]
        if facts
        else []
    )
    found = subject.status.environment
    if found and found.images:
        images = tuple(sorted(found.images.items()))
        tables.append(Table(caption="Images", head=("component", "image"), rows=images))
    if ran := tuple(_ran(subject)):
        head = (
            "component",
            "class",
            "CPU request",
            "CPU limit",
            "memory MiB",
            "CPUs it may use",
            "nodes",
        )
        tables.append(Table(caption="What each component ran as", head=head, rows=ran))
    if tables:
        yield Section(anchor="environment", title="Environment", tables=tuple(tables))


def _facts(subject: Subject) -> Iterator[tuple[str, str]]:
    status = subject.status
    chosen, found = status.chosen, status.environment
    nodes = dict.fromkeys(trial.status.node for trial in subject.trials if trial.status.node)
    told = (
        ("Experiment", f"{subject.namespace}/{subject.name}"),
        ("Kubernetes", found.kubernetes if found else ""),
        ("Node of the service", ", ".join(nodes) or (found.node if found else "")),
        ("Service's CPUs", str(chosen.service_cpu) if chosen and chosen.service_cpu else ""),
        ("Why shared", chosen.service_cpu_reason if chosen else ""),
        ("Seed of the order", str(chosen.seed) if chosen else ""),
        ("Operator", status.operator_version),
        ("Fingerprint of the plan", status.fingerprint),
        ("Started", status.start_time or ""),
        ("Finished", status.completion_time or ""),
        ("Precision", status.precision.message if status.precision else ""),
    )
    yield from ((name, value) for name, value in told if value)
    if seconds := status.overhead_seconds:
        median, tail = spelling.number(seconds.median), spelling.number(seconds.p95)
        yield "A trial beside its load", f"median {median} s, p95 {tail} s"
    if status.preliminary_seconds is not None:
        yield "Before the first block", f"{spelling.number(status.preliminary_seconds)} s"
    if alone := status.calibration:
        p50, p99 = spelling.number(alone.p50_ms), spelling.number(alone.p99_ms)
        yield "k6 alone", f"p50 {p50} ms, p99 {p99} ms at {spelling.number(alone.rate)} requests/s"


def _ran(subject: Subject) -> Iterator[tuple[str, ...]]:
    """Yield each way in which a component ran; one line where all trials agree."""
    seen = dict.fromkeys(
        (name, ran)
        for trial in subject.trials
        for name, ran in sorted(trial.status.components.items())
    )
    for name, ran in sorted(seen, key=lambda each: each[0]):
        yield name, *_told(ran)


def _told(ran: RunAs) -> tuple[str, ...]:
    limit = "none" if ran.cpu_limit is None else spelling.number(ran.cpu_limit)
    return (
        ran.qos_class or spelling.ABSENT,
        spelling.number(ran.cpu_request),
        limit,
        spelling.mebibytes(ran.memory_limit),
        spelling.number(ran.cpus_allowed),
        ", ".join(ran.nodes) or spelling.ABSENT,
    )
