"""Failed requests by class and text: what is added up in which order makes no difference."""

import copy
from collections import Counter
from collections.abc import Callable
from itertools import chain
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loadlab.measurement.failures import (
    OTHERS,
    FailedRequests,
    merge_failures,
    most_frequent,
    tell_failures,
)
from loadlab.measurement.pod_log import PodReport
from loadlab.measurement.trial import measure_trial
from loadlab.measurement.values import TrialMeasurement
from loadlab.plan.expected import LoadFacts

FAILURES = st.builds(
    FailedRequests,
    status_class=st.sampled_from(["4xx", "5xx", "err"]),
    text=st.sampled_from(["EOF", "500 Internal Server Error", "reset", OTHERS]),
    requests=st.integers(0, 2**40),
    example=st.sampled_from(["", "no", "too many clients"]),
)
PODS = st.lists(st.lists(FAILURES, max_size=8), max_size=5)


@given(PODS, st.randoms())
def test_the_order_of_the_pods_makes_no_difference(pods, random):
    shuffled = list(pods)
    random.shuffle(shuffled)

    assert merge_failures(chain(*pods)) == merge_failures(chain(*shuffled))


@given(PODS)
def test_adding_up_in_parts_is_adding_up_at_once(pods):
    parts = [merge_failures(pod) for pod in pods]

    assert merge_failures(chain(*parts)) == merge_failures(chain(*pods))


@given(PODS, st.integers(0, 6))
def test_no_request_is_lost_where_texts_are_left_out(pods, kept):
    found = most_frequent(chain(*pods), kept)

    assert by_class(found) == by_class(chain(*pods))
    assert len([failure for failure in found if failure.text != OTHERS]) <= kept


def by_class(failures):
    total: Counter[str] = Counter()
    for failure in failures:
        total[failure.status_class] += failure.requests
    return +total


def test_the_most_frequent_is_told_first_with_its_share_and_what_it_said():
    failures = merge_failures(
        [
            FailedRequests(status_class="err", text="EOF", requests=10),
            FailedRequests(
                status_class="5xx",
                text="500 Internal Server Error",
                requests=50,
                example="full\x1b",
            ),
        ]
    )

    assert tell_failures(failures, 1000) == (
        "500 Internal Server Error (such as: full) (5.0%), EOF (1.0%)"
    )
    assert tell_failures(failures, 1000, kept=1).endswith(", and 1 others")
    assert tell_failures((), 1000) == ""


def test_two_pods_add_up_what_failed(
    document: dict[str, Any], report: Callable[..., PodReport], load: LoadFacts
):
    measure = document["scenarios"]["measure"]
    measure["failures"] = [
        {"class": "err", "text": "EOF", "requests": 2},
        {"class": "5xx", "text": "500 Internal Server Error", "requests": 3, "example": "oh"},
    ]
    other = copy.deepcopy(document)
    document["segment"], other["segment"] = "0:1/2", "1/2:1"

    trial = measure_trial([report(document), report(other, "k6-1")], 2, load)

    assert isinstance(trial, TrialMeasurement)
    assert [(f.text, f.requests, f.example) for f in trial.failures] == [
        ("500 Internal Server Error", 6, "oh"),
        ("EOF", 4, ""),
    ]
