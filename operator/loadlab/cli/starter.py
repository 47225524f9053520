"""A commented experiment to begin with, as YAML text. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadlab.base.text import plain
from loadlab.catalogue import WORKLOADS, Factor
from loadlab.catalogue.factor_facts import Arrivals
from loadlab.catalogue.facts import Workload
from loadlab.cli.openapi import Described, Found

CUSTOM = "custom"
_PLAIN = re.compile(r"[A-Za-z][-A-Za-z0-9./_]*[A-Za-z](:[-A-Za-z0-9._]+)?")  # one text to YAML
MOST_LISTED = 50  # further requests, as comments
_HEAD = """\
# A LoadExperiment to begin with. Every field and its meaning:
#   kubectl explain loadexperiment.spec --recursive
# Before it runs, and without a cluster: loadlab plan FILE. Then: loadlab run FILE
apiVersion: loadlab.dev/v1alpha1
kind: LoadExperiment
metadata:
  name: {name}
spec:
  workload: {workload} # {summary}
  variants: # what is compared, under the same load
"""
_TAIL = """\
  replicates: 5 # of each cell, in fresh processes; two carry no interval
  load:
{purpose}    warmup: 5s # not counted
    duration: 30s
"""
_COMPARE = """\
    purpose: Compare # all at one rate, which pilots find; Capacity: how much each carries
"""
_CRITERIA = """\
  successCriteria: # what every cell must keep for the verdict Passed
    - {name: errors, metric: http_req_failed, threshold: "rate<0.01"}
    - {name: tail, metric: http_req_duration, threshold: "p(95)<500"} # milliseconds
  # placement: {serviceCpu: Shared} # where no node has a whole CPU to give to the service alone
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an experiment is to be about."""

    name: str
    workload: str
    variants: tuple[str, ...]
    images: tuple[str, ...] = ()  # one for each variant, or none
    described: Described | None = None


def experiment(wish: Wish) -> str:
    """Write the experiment."""
    workload = WORKLOADS[wish.workload]
    head = _HEAD.format(
        name=_word(wish.name), workload=wish.workload, summary=plain(workload.summary)
    )
    lines = [
        *(_images(wish) if wish.images else _built_in(wish)),
        "  factors: # each level with each other; a list of several is swept",
        *_factors(workload, wish.variants),
    ]
    request = _request(wish.described) if wish.workload == CUSTOM else ()
    store = ["  postgres:", "    scale: 0.01 # of the full data set; 1 takes minutes to load"]
    needs_store = any(workload.stores(variant) for variant in wish.variants)
    return (
        head
        + _text(lines)
        + _TAIL.format(purpose=_COMPARE if len(wish.variants) > 1 else "")
        + _text(request)
        + _text(store if needs_store and workload.has_postgres else ())
        + _CRITERIA
    )


def _text(lines: Sequence[str] | Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _built_in(wish: Wish) -> Iterator[str]:
    yield from (f"    - name: {_word(variant)}" for variant in wish.variants)
    if left := [v for v in WORKLOADS[wish.workload].variants if v not in wish.variants]:
        yield f"    # also: {', '.join(left)}"


def _images(wish: Wish) -> Iterator[str]:
    ready = wish.described.readiness_path if wish.described else None
    for variant, image in zip(wish.variants, wish.images, strict=True):
        yield f"    - name: {_word(variant)}"
        yield f"      image: {_word(image)} # the status records its digest"
        yield '      # command: [uvicorn, "app:app", --host, 0.0.0.0, --workers, $(WORKERS)]'
        yield "      # env: [{name: STYLE, value: text}] # what tells variants of one image apart"
        yield "      port: 8000"
        if ready:
            yield f"      readinessPath: {_quoted(ready)} # answers once it can serve"
        else:
            yield "      # readinessPath: /healthz # the default: answers once it can serve"


def _factors(workload: Workload, variants: Sequence[str]) -> Iterator[str]:
    for factor in Factor:
        facts = factor.facts
        has_meaning = any(workload.gives_meaning(factor, variant) for variant in variants)
        if facts.default and has_meaning and facts.arrivals is not Arrivals.OPEN:
            meaning, _, _ = facts.description.partition(". ")
            yield f"    {factor}: {json.dumps(list(facts.default))} # {meaning.rstrip('.')}"


def _request(described: Described | None) -> Iterator[str]:
    yield "    request: # what each request asks; ${name} is drawn from variables"
    if described is None:
        yield "      method: GET"
        yield "      path: /"
        yield "      # variables: {id: {min: 1, max: 100}} # then path: /items/${id}"
        return
    first, *others = described.requests
    for note in first.notes:
        yield f"      # {plain(note)}"
    yield from (f"      {name}: {_quoted(value)}" for name, value in first.request.items())
    if others:
        yield "    # The document has these, too; one stands in `request` at a time:"
    for other in others[:MOST_LISTED]:
        yield f"    #   {_other(other)}"
    if len(others) > MOST_LISTED:
        yield f"    #   and {len(others) - MOST_LISTED} more"


def _other(found: Found) -> str:
    if found.fault:
        return plain(f"({found.title} cannot be asked: {found.fault})")
    notes = f" # {plain('; '.join(found.notes))}" if found.notes else ""
    return f"request: {_quoted(found.request)}{notes}"


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(value: object) -> str:
    """Spell a value so that YAML reads it back in one line, whatever is in it."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)
