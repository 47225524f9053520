"""The dashboard in a browser: it lives, is readable and reachable, and runs nobody's script."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.browser import find_axe, find_browser
from tests.browser.dashboards import Running, dashboard
from tests.browser.devtools import AXE_RUN, Page, opened
from tests.unit.cli.dashboard.live_api import LiveApi
from tests.unit.cli.dashboard.resources import (
    EVIL,
    SINCE,
    Resource,
    experiment,
    finished,
    line,
    pod,
    running,
    trial,
)
from tests.unit.cli.dashboard.test_pages import measured
from tests.unit.report.examples import full

pytestmark = pytest.mark.integration

RUN = f"{trial('select', 4)}-a1"
POD = f"{RUN}-k6-x"
TOO_WIDE = """
[innerWidth, document.documentElement.scrollWidth,
 [...document.querySelectorAll("body *")].filter((each) =>
   !each.closest(".scroll, svg, .skip, .unseen, thead") &&
   each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 200))]
"""
SMUGGLE = """
document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='document.body.dataset.ran=1'>");
document.body.append(Object.assign(document.createElement("script"),
  {textContent: "document.body.dataset.ran = 1"}));
"""
FOCUSED = "document.activeElement.outerHTML.slice(0, 80)"
POINTS = (
    "document.querySelector('[data-chart=rate] polyline')?.getAttribute('points').split(' ').length"
)
VIEWS = pytest.mark.parametrize(
    ("width", "dark"),
    [(1280, False), (1280, True), (380, False), (380, True)],
    ids=["desktop light", "desktop dark", "telephone light", "telephone dark"],
)
PAGES = pytest.mark.parametrize(
    ("path", "is_there"),
    [
        ("", "document.querySelectorAll('#rows tr').length === 5"),
        ("experiments/lab/select", "document.querySelectorAll('.seconds tbody tr').length > 1"),
        ("experiments/lab/wells", "document.querySelector('iframe').src"),
        ("side-by-side?e=lab/select&e=lab/evil", "document.querySelector('iframe[src]')"),
        ("nowhere", "document.querySelector('main p')"),
    ],
    ids=["list", "running", "over", "two", "nowhere"],
)


def fill(api: LiveApi) -> None:
    wells, api.trials = full()
    wells["metadata"] |= {"namespace": "lab", "uid": "wells"}
    api.put(over(wells))
    api.put(running())
    api.put(experiment("next", "Pending", queuePosition=0, waitsFor="lab/select, which runs"))
    failed = {"type": "Failed", "status": "True", "reason": "Refused", "message": EVIL} | SINCE
    api.put(over(experiment("evil", "Failed", conditions=[failed], verdict="Error")))
    api.put(finished("before", "before"))
    api.pods = [pod(RUN)]
    for second in range(1, 12):
        api.say(POD, line(RUN, second, 900 * second, p95Us=8000 + 100 * second))


def over(resource: Resource) -> Resource:
    ended = {"type": "Finished", "status": "True", "reason": "Completed"} | SINCE
    conditions = [*resource["status"].get("conditions", []), ended]
    resource["status"] |= {"conditions": conditions, "completionTime": SINCE["lastTransitionTime"]}
    return resource


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    find_browser()
    with dashboard(tmp_path_factory.mktemp("dashboard")) as found:
        found.move(fill)
        yield found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(find_browser(), tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def page(browser: Page) -> Page:
    browser.events.clear()
    browser.view(1280, dark=False)
    return browser


@PAGES
@VIEWS
def test_axe_finds_nothing(
    page: Page, shown: Running, path: str, is_there: str, width: int, dark: bool
) -> None:
    page.view(width, dark=dark)
    page.open(shown.address + path)
    page.until(is_there)
    page.send("Runtime.evaluate", expression=find_axe().read_text())

    assert page.ask(AXE_RUN) == []


@PAGES
def test_nothing_is_wider_than_a_telephone(
    page: Page, shown: Running, path: str, is_there: str
) -> None:
    page.view(380, dark=False)
    page.open(shown.address + path)
    page.until(is_there)

    assert page.ask(TOO_WIDE) == [380, 380, []]


def test_curves_grow(page: Page, shown: Running) -> None:
    page.open(f"{shown.address}experiments/lab/select")
    page.until(f"{POINTS} >= 11")
    before = page.ask(POINTS)

    shown.move(lambda api: api.say(POD, line(RUN, before + 1, 900 * before + 1234, p95Us=9876)))

    page.until(f"{POINTS} === {before + 1}")
    assert page.ask("document.querySelector('[data-now=rate]').textContent") == "1,234"
    assert page.ask("document.querySelector('[data-now=p95]').textContent") == "9.88"
    assert page.ask("document.title").startswith("Running, trial 4 of 9: lab/select")


def test_a_report_comes_when_it_is_over_without_a_reload(page: Page, shown: Running) -> None:
    shown.move(lambda api: api.put(running("ends")))
    page.open(f"{shown.address}experiments/lab/ends")
    page.until("document.querySelector('[data-f=phase]').textContent === 'Running'")
    page.ask("window.stayed = true")

    shown.move(lambda api: api.put(finished("ends", "ends")))

    page.until("document.querySelector('.live').hidden && document.querySelector('iframe').src")
    assert page.ask("window.stayed")
    report = "fetch(document.querySelector('iframe').src).then((answer) => answer.text())"
    assert "<h1>ends</h1>" in page.ask(report)
    shown.move(lambda api: api.delete("lab", "ends"))


def test_ratios_are_offered_once_both_are_over(page: Page, shown: Running) -> None:
    ends = measured("ends", 1000)
    runs = {**ends, "status": {"phase": "Running"}}
    shown.move(lambda api: api.put(measured("slower", 900)))
    shown.move(lambda api: api.put(runs))
    try:
        page.open(f"{shown.address}side-by-side?e=lab/slower&e=lab/ends")
        page.until("document.querySelectorAll('.report[hidden]').length === 1")
        assert page.ask("document.querySelector('#ratios-now').hidden")

        shown.move(lambda api: api.put(ends))

        page.until("!document.querySelector('#ratios-now').hidden")
        page.ask("document.querySelector('#ratios-now a').click()")
        page.until("document.querySelector('#ratios')")
    finally:
        shown.move(lambda api: api.delete("lab", "slower"))
        shown.move(lambda api: api.delete("lab", "ends"))


def test_a_row_comes_moves_and_goes(page: Page, shown: Running) -> None:
    names = "[...document.querySelectorAll('#rows a')].map((each) => each.textContent).join(' ')"
    page.open(shown.address)
    page.until(f"{names} === 'select next evil wells before'")

    shown.move(lambda api: api.put(experiment("late", "Pending", queuePosition=1)))
    page.until(f"{names} === 'select next late evil wells before'")
    shown.move(lambda api: api.put(running("late", startTime="2026-11-20T15:00:00Z")))
    page.until(f"{names} === 'late select next evil wells before'")
    shown.move(lambda api: api.delete("lab", "late"))
    page.until(f"{names} === 'select next evil wells before'")


def test_two_are_chosen_and_opened_by_keyboard(page: Page, shown: Running) -> None:
    page.open(shown.address)
    page.until("document.querySelectorAll('#rows tr').length === 5")
    boxes = "[...document.querySelectorAll('#rows input')]"
    for wanted in ('class="skip"', ">LoadLab experiments<", "<button", "<input"):
        page.press("Tab")
        assert wanted in page.ask(FOCUSED)

    page.press(" ")
    page.press("Tab")
    page.press("Tab")
    page.press(" ")
    assert page.ask(f"{boxes}.filter((each) => each.checked).length") == 2
    assert page.ask(f"{boxes}.filter((each) => each.disabled).length") == 3
    page.press("Enter")

    page.until("document.querySelectorAll('.panel').length === 2")
    assert page.ask("location.search") == "?e=lab%2Fselect&e=lab%2Fnext"


@PAGES
def test_nobodys_script_runs_and_the_browser_has_nothing_to_refuse(
    page: Page, shown: Running, path: str, is_there: str
) -> None:
    page.open(shown.address + path)
    page.until(is_there)
    expected = ["Failed to load resource"] if path == "nowhere" else []

    assert page.ask("document.documentElement.dataset.ran ?? 'no'") == "no"
    assert [text for text in page.complaints if not text.startswith(tuple(expected))] == []


def test_what_is_smuggled_in_does_not_run(page: Page, shown: Running) -> None:
    page.open(shown.address)

    page.ask(SMUGGLE)

    page.until("document.images.length === 1 && document.images[0].complete")
    assert page.ask("document.body.dataset.ran ?? 'no'") == "no"
    assert any("Content Security Policy" in text for text in page.complaints)


def test_an_api_server_that_is_away_is_said_on_the_page(page: Page, shown: Running) -> None:
    page.open(shown.address)
    page.until("document.querySelector('#away').hidden")

    shown.move(lambda api: api.go_down())
    page.until("document.querySelector('#away').innerText.includes('What is shown may be old')")
    shown.move(lambda api: setattr(api, "is_down", False))
    page.until("document.querySelector('#away').hidden")
    shown.move(lambda api: api.put(running(done=5)))

    page.until("document.querySelector('#rows [data-f=progress]').textContent === '5/9'")
    shown.move(lambda api: api.put(running()))


def test_a_dashboard_that_ends_says_so(page: Page, tmp_path: Path) -> None:
    with dashboard(tmp_path) as short:
        page.open(short.address)
        page.until("document.querySelector('#away').hidden")

        short.end()

        page.until("document.querySelector('#lost').innerText.includes('has ended')")
