"""What a pod prints takes bounded memory to read, and what is too much is named.

A document is read in full before anybody knows whose it is: any pod may bear our labels.
"""

import base64
import json
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from loadlab.kube.log_lines import RESULT_LIMIT_BYTES
from loadlab.measurement.documents import Snapshot
from loadlab.measurement.documents.budget import MOST_BUCKETS, MOST_VALUES, Buckets
from loadlab.measurement.hdr_text import BUCKETS, DIGITS, HIGHEST_US, LOWEST_US
from loadlab.measurement.pod_log import PodReport, read_pod_log

Json = dict[str, Any]
MOST_BYTES = 4 * RESULT_LIMIT_BYTES
SECOND = '{"t":1,"n":1}'


def dense_histogram() -> Json:
    """Every bucket holds one value: 300 characters that unpack to 170 KB."""
    counts = bytes([2]) * BUCKETS
    head = struct.pack(">IIIIQQd", 0x1C849303, len(counts), 0, DIGITS, LOWEST_US, HIGHEST_US, 1.0)
    packed = zlib.compress(head + counts, 9)
    text = base64.b64encode(struct.pack(">II", 0x1C849304, len(packed)) + packed).decode()
    return {"count": BUCKETS, "hdr": text}


def read(document: Json | str, buckets: Buckets | None = None) -> PodReport:
    text = document if isinstance(document, str) else json.dumps(document)
    return read_pod_log("k6-0", f'{{"loadlab_result":{text}}}', buckets)


def with_many_names(document: Json) -> Json:
    measure = document["scenarios"]["measure"]
    measure["splits"] = measure["splits"][:1] * 221
    return document


def with_a_long_series(document: Json) -> Json:
    document["scenarios"]["measure"]["series"] = [{"t": 1, "n": 1}] * 10_001
    return document


def with_many_scenarios(document: Json) -> Json:
    measure = document["scenarios"]["measure"]
    document["scenarios"] |= {f"another-{number}": measure for number in range(10)}
    return document


def with_a_long_name(document: Json) -> Json:
    document["scenarios"]["measure"]["splits"][0]["name"] = "x" * 201
    return document


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (with_many_names, "splits"),
        (with_a_long_series, "series"),
        (with_many_scenarios, "scenarios"),
        (with_a_long_name, "name"),
    ],
)
def test_more_than_a_document_has_is_named(
    document: Json, spoil: Callable[[Json], Json], says: str
) -> None:
    problem = read(spoil(document)).problem

    assert problem is not None
    assert says in problem.message


def test_a_run_whose_histograms_unpack_to_too_much_is_named(document: Json) -> None:
    """The first pod's document is within what the run may hold, the second's is not."""
    document["trends"] = {f"trend-{number}": dense_histogram() for number in range(5)}
    buckets = Buckets(left=8 * BUCKETS)

    assert read(document, buckets).problem is None
    problem = read(document, buckets).problem

    assert problem is not None
    assert f"more than {MOST_BUCKETS:,} buckets" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[' + "[]," * (RESULT_LIMIT_BYTES // 3) + "[]]}",
        '{"a":[' + "{}," * (RESULT_LIMIT_BYTES // 3) + "{}]}",
        '{"scenarios":{"measure":{"series":[' + f"{SECOND}," * (RESULT_LIMIT_BYTES // 14),
    ],
    ids=["arrays", "objects", "seconds"],
)
def test_a_text_of_many_values_is_refused_before_it_is_read(text: str) -> None:
    tracemalloc.start()
    problem = read(text).problem
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert problem is not None
    assert f"more than {MOST_VALUES:,} values" in problem.message
    assert peak < MOST_BYTES


@pytest.mark.parametrize(
    "told",
    [
        {"cpuSeconds": -5.0},
        {"cpuSeconds": 1e308},
        {"cpuSeconds": 10**400},
        {"memoryBytes": 10**400},
        {"memoryBytes": -1},
        {"requests": 10**30},
        {"eventLoopLagSeconds": {"p50": -1.0, "p99": 1e300, "max": 0.0}},
        {"processes": [{"pid": 1, "cpuSeconds": -1.0}]},
        {"poolWaitSeconds": {"sum": -1.0, "count": 1}},
        {"cpuSeconds": "much"},
        "nothing",
        None,
    ],
)
def test_instruments_that_tell_what_cannot_be_are_left_out_and_named(told: object) -> None:
    """A million times the CPU, or none: what a service says of itself is its author's word."""
    postgres = {"cpuSeconds": 2.0}
    body = {"edge": "start", "takenAt": 5.0, "components": {"service": told, "postgres": postgres}}

    found = Snapshot.model_validate(json.loads(json.dumps(body)))

    assert set(found.components) == {"postgres"}
    assert found.errors["service"].startswith("it told what cannot be: ")
    assert found.gone == frozenset()


@pytest.mark.parametrize("body", [[], {"components": []}, {"components": {}, "errors": []}])
def test_what_is_no_snapshot_at_all_is_said_and_breaks_nothing(body: object) -> None:
    with pytest.raises(ValidationError):
        Snapshot.model_validate(body)
