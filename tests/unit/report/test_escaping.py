"""Texts of users, services and pods are hostile: none becomes markup, wherever it stands."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from loadlab.model.status import LoadExperimentStatus, LoadTrialStatus
from tests.unit.report.examples import Resource, full, report, texts_of
from tests.unit.report.markup import Page

HOSTILE = (
    "</script></style></title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
)
MARKUP = st.text(alphabet="<>&\"'/=!-{}%#abcimgsrt \u2028\u202e\x00", min_size=1, max_size=60)


def put(resource: Resource, path: str, text: str) -> None:
    *parents, last = path.strip(".").split(".")
    place: Any = resource
    for name in parents:
        place = place[int(name) if isinstance(place, list) else name]
    place[int(last) if isinstance(place, list) else last] = text


def accepts(resource: Resource, model: Any) -> bool:
    try:
        model.model_validate(resource["status"])
    except ValidationError:
        return False
    return True


def with_every_text(resource: Resource, text: str, model: Any) -> tuple[Resource, int]:
    """Replace every text that the model takes any text for, one after the other."""
    count = 0
    for path in list(texts_of(resource["status"], ".status")):
        changed = copy.deepcopy(resource)
        put(changed, path, text)
        if accepts(changed, model):
            resource, count = changed, count + 1
    return resource, count


@pytest.fixture(scope="module")
def harmless() -> Page:
    experiment, trials = full()
    return Page(report(experiment, trials[5:8]))


def assert_is_harmless(html: str) -> Page:
    page = Page(html)
    assert not {"script", "img", "iframe", "object", "link", "base", "form"} & set(page.tags)
    names = {name for _, name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"src", "style"}
    assert all(value.startswith("#") for value in page.values("href"))
    assert page.tags.count("style") == 1
    return page


def test_every_text_of_a_status_and_of_its_trials_is_escaped():
    experiment, trials = full()
    experiment, changed = with_every_text(experiment, HOSTILE, LoadExperimentStatus)
    experiment["metadata"] |= {"name": HOSTILE, "namespace": HOSTILE}
    experiment["spec"] = {"workload": HOSTILE, "load": {"purpose": HOSTILE}}
    found = [with_every_text(trial, HOSTILE, LoadTrialStatus) for trial in trials[:9]]
    for trial, _ in found:
        trial["metadata"]["name"] = HOSTILE

    page = assert_is_harmless(report(experiment, [trial for trial, _ in found]))

    assert changed > 80
    assert sum(count for _, count in found) > 50
    assert page.text.count("alert(1)") > 100  # told, as a text
    assert "{{7*7}}" in page.text  # nor is it a template


def test_a_harmless_report_says_what_this_test_would_miss(harmless):
    assert len(harmless.tags) > 500
    assert "async" in harmless.text


@settings(max_examples=25)
@given(MARKUP, MARKUP)
def test_any_text_stays_a_text(harmless, name, reason):
    experiment, trials = full()
    experiment["metadata"]["name"] = name
    experiment["status"]["recommendation"] = [reason]
    experiment["status"]["results"][0]["reasons"] = [f"Kind: {reason}"]
    trials[6]["status"]["reasons"] = [reason]

    page = assert_is_harmless(report(experiment, trials[5:8]))

    assert page.tags == harmless.tags
