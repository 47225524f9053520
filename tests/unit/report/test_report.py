"""What a report tells, in which order, and what it leaves out."""

import re
import time

import pytest

from tests.unit.report.examples import VOID, empty, full, report, row, trial
from tests.unit.report.markup import Page

SECTIONS = [
    *("reservations", "ratios", "speed", "scaling", "percentiles"),
    *("trials", "stages", "published", "environment"),
]


def headings(html: str) -> list[str]:
    return re.findall(r'<h2 id="(\w+)"', html)


@pytest.fixture(scope="module")
def html() -> str:
    return report(*full())


def test_verdict_standing_and_recommendation_come_first(html):
    first = Page(html[: html.index("<main")]).text

    assert "Verdict: Passed Standing: Suspect" in first
    assert "Take async with 4 workers: 2,900 requests/s, 1.6 times sync." in first
    assert "24 planned, 23 used, 1 void" in first


def test_sections_come_in_their_order(html):
    assert headings(html) == SECTIONS


def test_it_needs_nothing_beside_it(html):
    page = Page(html)

    assert "script" not in page.tags
    assert not page.values("src")
    assert "default-src 'none'" in html
    assert "url(" not in html
    assert "@import" not in html


def test_headings_are_nested_and_names_are_used_once(html):
    page = Page(html)
    ids = [value for _, name, value in page.attributes if name == "id"]

    assert page.tags.count("h1") == 1
    assert len(ids) == len(set(ids))
    assert page.values("aria-labelledby") <= set(ids)
    assert {value.removeprefix("#") for value in page.values("href")} <= set(ids)


def test_every_chart_has_its_table(html):
    for section in re.findall(r"<section.*?</section>", html, re.DOTALL):
        charts = section.count('role="img"') + section.count('class="ladder"')
        tables = section.count("<table")
        one_for_all = "Trial by trial" in section

        assert tables >= charts or (one_for_all and tables)


def test_a_ratio_is_told_with_its_interval_and_outcome(html):
    text = Page(html).text

    assert "async over sync, workers=2 1.4 [1.302, 1.512] Improved" in text
    assert "the control cell, once more 1.01 [0.98, 1.04]" in text
    assert "No claim in 1 of 7 comparisons: the replicates lie too far apart." in text


def test_a_law_is_drawn_with_its_knee(html):
    section = html[html.index('id="scaling"') : html.index('id="percentiles"')]

    assert "knee of async: 3.4" in section
    assert "4 workers of sync reach 92% of the peak" in section
    assert section.count("<polyline") == 2
    assert "dotted" not in section


def test_a_void_trial_is_marked_with_its_reason(html):
    void = re.findall(r'<figure class="trial void">.*?</figure>', html, re.DOTALL)

    assert len(void) == 1
    text = Page(void[0]).text
    assert "void, Invalid" in text
    assert "others used 0.79 CPU of the service's own CPU" in text
    assert "attempt 1 did not count, ForeignCpu: others used 0.6 CPU" in text


def test_runs_that_did_not_count_are_listed_with_their_reasons(html):
    text = Page(html).text

    assert "wells-3f2a11-007 sync workers=4 1 ForeignCpu others used 0.6 CPU" in text
    assert "wells-3f2a11-007 sync workers=4 2 ResultInvalid others used 0.79 CPU" in text


def test_the_measured_window_begins_after_the_warm_up(html):
    first = re.search(r'<rect class="window" x="([\d.]+)%" width="([\d.]+)%"', html)

    assert first is not None
    began, width = map(float, first.groups())
    assert began == pytest.approx(100 * 5.1 / 35.1, abs=0.1)
    assert began + width == pytest.approx(100, abs=0.2)


def test_requests_per_second_by_the_second_are_those_that_succeeded():
    experiment, _ = full()
    half = trial(1, row("sync", 1, 1)["cell"], 600)
    series = half["status"]["measurement"]["measurement"]["series"]
    series |= {"requests": [600] * 30, "failed": [0] * 15 + [300] * 15}

    html = report(experiment, [half])

    figure = html[html.index('<figure class="trial">') :]
    succeeded, failed = re.findall(r'<polyline class="(s[12].*?)" points="(.*?)"', figure)[:2]
    heights = [
        [int(at.split(",")[1]) for at in points.split()] for _, points in (succeeded, failed)
    ]
    assert (succeeded[0], failed[0]) == ("s1", "s2 dotted")
    assert heights[0][-1] == heights[1][-1]
    assert heights[0][2] < heights[0][-1]  # from the top: more at first, half at the end
    assert "req/s are those that succeeded, as everywhere" in html


def test_published_is_held_against_measured(html):
    section = Page(html[html.index('id="published"') : html.index('id="environment"')]).text

    assert "1.61 [1.53, 1.691], published 1.79 Contradicted" in section


def test_what_really_ran_is_told(html):
    section = Page(html[html.index('id="environment"') :]).text

    assert f"sha256:{'7f' * 32}" in section
    assert "service Guaranteed 1 1" in section
    assert "worker-1" in section


def test_sections_without_data_are_left_out():
    experiment, _ = full()
    status = experiment["status"]
    experiment["status"] = {name: status[name] for name in ("phase", "verdict")}

    assert headings(report(experiment)) == ["environment"]


def test_one_that_has_just_begun_says_so():
    text = Page(report(empty())).text

    assert "Verdict: Pending" in text
    assert "It is not over: Pending." in text


def test_one_that_runs_tells_what_its_trials_have_shown_so_far():
    experiment, trials = full()
    experiment["status"] = {"phase": "Running", "progress": "5/24"}
    begun = trial(6, trials[6]["spec"]["cell"], 600)
    begun["status"] = {"phase": "Running", "attempt": 1}

    html = report(experiment, [*trials[1:5], begun])

    assert "It is not over: Running, 5/24 trials." in html
    assert headings(html) == ["percentiles", "trials", "environment"]
    assert "sync workers=1: 2 trials" in html
    assert "Running</b>" in html


def test_a_hundred_cells_of_ten_replicates_are_small_and_soon_there():
    experiment, _ = full()
    cells = [row(f"v{n}", w, 400 + 90 * w + n) for n in range(5) for w in range(1, 21)]
    experiment["status"]["results"] = cells
    reasons = [f"{name} {'and so on ' * 20}" for name in ("late", "short", "noisy")]
    trials = [
        trial(10 * place + n, each["cell"], each["requestsPerSecond"]["mean"], reasons=reasons)
        for place, each in enumerate(cells)
        for n in range(1, 11)
    ]

    for each in trials[:900]:
        each["status"] |= VOID

    started = time.process_time()
    html = report(experiment, trials)
    seconds = time.process_time() - started

    assert html.count('<figure class="trial') == 1000
    assert "Void runs, the first 200 of 1,800" in html
    assert len(html.encode()) < 3_000_000
    assert seconds < 5
